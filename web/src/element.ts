// <tandem-player>: one channel, its voices and captions, and in plain words what is heard and how late it is. docs/embed.md has its
// attributes and events.

import { Choice } from './choice';
import { ServerClock } from './clock';
import { behindLive, bufferHealth, loadedAhead, type Behind } from './delay';
import { make, setText } from './dom';
import css from './element.css';
import { FeedbackForm, newSession, reported, send } from './feedback';
import { heardNow, sameLanguage, voiceOf, withStatus, type Heard } from './heard';
import { HlsPlayer } from './hls-player';
import { NativePlayer } from './native-player';
import { OriginalLevel } from './original-level';
import type { Listener, Player, PlayerOptions, Track } from './player';
import { SocketPlayer } from './socket/socket-player';
import { channelAddress, fetchJson, hasPublished, Refused, type ChannelInfo } from './state';
import type { Problem } from './words/strings';
import { fill } from './words/strings';
import { pageLanguage, Words } from './words/words';

const PollEvery = 2000;
const ShowEvery = 500;

/** What `tandem-status` tells, each time that something of it changes. */
export interface StatusDetail {
  heard: Heard['what'];
  why: string | null;
  language: string | null;
  behindLiveSeconds: number | null;
  bufferSeconds: number;
  channelState: string | null;
  player: Player['kind'] | null;
  /** What keeps it from playing; `refused` asks for another token. */
  problem: Problem | null;
}

/** Where the script came from, which is where Tandem is; set by whoever defines the element. */
export const origin = { server: new URL('/', location.href).toString() };

export class TandemPlayer extends HTMLElement {
  static readonly observedAttributes = ['channel', 'server', 'token', 'transport', 'ui-lang', 'muted'];

  private words = new Words('en');
  private readonly session = newSession();
  private readonly video = make('video', { id: 'video', playsinline: true, controls: true });
  private readonly startButton = make('button', { id: 'start', type: 'button', hidden: true });
  private readonly notice = make('p', { id: 'notice', role: 'alert', hidden: true });
  private readonly heard = make('p', { id: 'heard', role: 'status' });
  private readonly state = make('p', { id: 'state', role: 'status' });
  private readonly behind = make('span', { id: 'behind' });
  private readonly bufferLabel = make('span');
  private readonly bufferText = make('span', { id: 'buffer-text' });
  private readonly fillBar = make('i');
  private readonly bar = make('span', { id: 'bar', role: 'meter', 'aria-valuemin': '0', 'aria-valuemax': '100' }, this.fillBar);
  private readonly lag = make('p', { id: 'lag' });
  private readonly slider = make('input', { id: 'original', type: 'range', min: '0', max: '100', step: '5', value: '0' });
  private readonly sliderLabel = make('label', { for: 'original' });
  private readonly sliderText = make('span');
  private readonly sliderRow = make('div', { id: 'level', hidden: true }, this.sliderLabel, this.slider, this.sliderText);
  private readonly sliderNo = make('p', { id: 'level-no', hidden: true });
  private readonly caveat = make('p', { id: 'caveat', hidden: true });
  private readonly whyTitle = make('summary');
  private readonly whyText = make('div', { id: 'why-text' });
  private readonly voices = new Choice('voices', id => this.pickVoice(id));
  private readonly captions = new Choice('captions', id => this.pickCaption(id));
  private readonly feedback = new FeedbackForm((kind, score, text) => this.report(kind, score, text));
  private readonly root: HTMLDivElement;

  private info: ChannelInfo | undefined;
  private clock = new ServerClock();
  private player: Player | undefined;
  private level: OriginalLevel | undefined;
  private problem: Problem | undefined;
  private lost: Problem | undefined;
  private socketFailed = false;
  private poll: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private round = 0;
  private told = '';

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    style(shadow);
    this.root = make('div', { id: 'player' },
      make('div', { id: 'stage' }, this.video, this.startButton, this.notice),
      make('div', { id: 'choices' }, this.voices.element, this.captions.element),
      make('section', { id: 'status' },
        this.heard,
        make('div', { id: 'figures' }, this.behind, make('span', { id: 'buffer' }, this.bufferLabel, this.bar, this.bufferText)),
        this.state,
        this.sliderRow,
        this.sliderNo,
        this.caveat,
        make('details', { id: 'why' }, this.whyTitle, this.whyText, this.lag),
        this.feedback.element));
    shadow.append(this.root);
    this.startButton.addEventListener('click', () => this.play());
    this.slider.addEventListener('input', () => {
      this.level?.set(Number(this.slider.value) / 100);
      this.show();
    });
    for (const event of ['play', 'pause', 'playing', 'emptied']) {
      this.video.addEventListener(event, () => this.show());
    }
  }

  connectedCallback(): void {
    this.speak();
    this.beat = setInterval(() => this.show(), ShowEvery);
    this.restart();
  }

  disconnectedCallback(): void {
    this.round++;
    clearTimeout(this.poll);
    clearInterval(this.beat);
    this.close();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) {
      return;
    }
    if (name === 'ui-lang') {
      this.speak();
      this.show();
    } else if (name === 'muted') {
      this.video.muted = after !== null;
    } else if (name !== 'token' || this.problem === 'refused') {
      // A new token is used from the next request on, and what plays goes on; where nothing plays for want of it, everything begins anew.
      this.restart();
    }
  }

  get channel(): string {
    return this.getAttribute('channel') ?? '';
  }

  set channel(id: string) {
    this.setAttribute('channel', id);
  }

  /** The voices that can be chosen: BCP 47 tags, and `original`. */
  get availableVoices(): string[] {
    return (this.player?.voices ?? []).map(tagOf);
  }

  /** The voice that is chosen: a BCP 47 tag, or `original`; empty where there is none. */
  get voice(): string {
    const chosen = this.chosenVoice();
    return chosen ? tagOf(chosen) : '';
  }

  set voice(tag: string) {
    this.setAttribute('voice', tag);
    const track = this.player?.voices.find(v => tagOf(v) === tag);
    if (track) {
      this.pickVoice(track.id);
    }
  }

  /** How long ago what plays was live, s; undefined while that is not known. */
  get behindLiveSeconds(): number | undefined {
    return this.measure()?.seconds;
  }

  play(): void {
    this.video.play().catch(() => this.show());
  }

  pause(): void {
    this.video.pause();
  }

  private get server(): string {
    const given = this.getAttribute('server');
    return given ? new URL(given.endsWith('/') ? given : `${given}/`, location.href).toString() : origin.server;
  }

  private get token(): string | undefined {
    return this.getAttribute('token') ?? undefined;
  }

  // The page's language: as asked for, else the document's, else the browser's.
  private speak(): void {
    const language = pageLanguage([this.getAttribute('ui-lang'), document.documentElement.lang, ...navigator.languages]);
    this.words = new Words(language);
    this.root.lang = language;
    this.root.dir = this.words.direction;
  }

  private restart(): void {
    this.round++;
    clearTimeout(this.poll);
    this.close();
    this.info = undefined;
    this.clock = new ServerClock();
    this.lost = undefined;
    this.socketFailed = false;
    this.video.muted = this.hasAttribute('muted');
    this.show();
    if (this.channel) {
      void this.ask(this.round);
    }
  }

  private async ask(round: number): Promise<void> {
    try {
      const answer = await fetchJson<ChannelInfo>(`${channelAddress(this.server, this.channel)}state.json`, this.token);
      if (round !== this.round) {
        return;
      }
      this.info = answer.body;
      this.clock.add(answer);
      this.lost = undefined;
    } catch (error) {
      if (round !== this.round) {
        return;
      }
      const status = error instanceof Refused ? error.status : 0;
      this.lost = status === 404 ? 'no_channel' : status === 401 || status === 403 ? 'refused' : 'silent_server';
    }
    this.open();
    this.show();
    this.poll = setTimeout(() => void this.ask(round), PollEvery);
  }

  /** Opens the channel once it has something to play. */
  private open(plays = this.getAttribute('autoplay') !== 'false'): void {
    if (this.player || !this.info || !hasPublished(this.info)) {
      return;
    }
    const asked = this.getAttribute('voice') ?? recall(this, 'voice');
    const options: PlayerOptions = {
      address: channelAddress(this.server, this.channel),
      token: () => this.token,
      voice: asked,
      caption: this.getAttribute('captions') ?? recall(this, 'caption'),
    };
    const listener: Listener = {
      changed: () => this.show(),
      trouble: problem => {
        this.problem = problem;
        this.show();
      },
      unable: () => {
        // Who has paused is not to be played to by the other player.
        const { paused } = this.video;
        this.close();
        this.socketFailed = true;
        this.open(!paused);
      },
    };
    const transport = this.getAttribute('transport') ?? (this.info.shortestDelay ? 'websocket' : 'hls');
    if (transport === 'websocket' && !this.socketFailed && SocketPlayer.isSupported) {
      const known = asked === 'original' || this.info.voices?.some(v => v.language === asked);
      this.player = new SocketPlayer(this.video, this.server, this.channel, { ...options, voice: known ? asked : undefined }, listener);
    } else if (HlsPlayer.isSupported) {
      const player = new HlsPlayer(this.video, options, listener);
      this.player = player;
      this.level = OriginalLevel.isSupported ? new OriginalLevel(this.video, player, options.token) : undefined;
    } else if (NativePlayer.isSupported(this.video)) {
      this.player = new NativePlayer(this.video, options, listener);
    } else {
      this.lost = 'unsupported';
      return;
    }
    this.dispatchEvent(new CustomEvent('tandem-ready', { detail: { channel: this.channel, player: this.player.kind }, bubbles: true, composed: true }));
    // Browsers refuse sound before the first click; the button then asks for it.
    if (plays) {
      this.play();
    }
  }

  private close(): void {
    this.level?.close();
    this.level = undefined;
    this.slider.value = '0';
    this.player?.close();
    this.player = undefined;
    this.problem = undefined;
  }

  private pickVoice(id: number): void {
    this.player?.chooseVoice(id);
    const voice = this.player?.voices.find(v => v.id === id);
    if (voice) {
      remember(this, 'voice', tagOf(voice));
      this.dispatchEvent(new CustomEvent('tandem-voice', { detail: { voice: tagOf(voice), name: voice.name }, bubbles: true, composed: true }));
    }
    this.show();
  }

  private pickCaption(id: number): void {
    this.player?.chooseCaption(id);
    remember(this, 'caption', this.player?.captions.find(c => c.id === id)?.language);
    this.show();
  }

  private async report(kind: 'score' | 'latency' | 'quality', score: number | undefined, text: string) {
    const outcome = await send(this.server, this.token, {
      kind,
      channel: this.channel,
      language: reported(this.voice, this.info),
      ...(score === undefined ? {} : { score }),
      ...(text ? { text } : {}),
      session: (this.player instanceof SocketPlayer ? this.player.session : undefined) ?? this.session,
    });
    this.dispatchEvent(new CustomEvent('tandem-feedback', { detail: { kind, score: score ?? null, outcome }, bubbles: true, composed: true }));
    return outcome;
  }

  private chosenVoice(): Track | undefined {
    return this.player?.voices.find(v => v.id === this.player?.voice);
  }

  private measure(): Behind | undefined {
    return this.info?.state === 'ended' ? undefined : behindLive(this.clock.at(performance.now()), this.player?.playingAt, this.info?.edge);
  }

  private what(): Heard {
    const voice = this.chosenVoice();
    const original = voice !== undefined && (voice.original === true || (this.info !== undefined && sameLanguage(voice.language, this.info.from)));
    let { info } = this;
    if (info && voice && this.player instanceof SocketPlayer) {
      const { told } = this.player;
      info = { ...info, voices: (info.voices ?? []).map(v => (v.language === voice.language ? withStatus(v, told) : v)) };
    }
    return heardNow(info, voice?.language, original, this.player?.playingAt);
  }

  private show(): void {
    const { words, info, player } = this;
    const { strings } = words;
    const waiting: Problem | undefined = this.channel && info && !player && !this.lost && info.state === 'starting' ? 'nothing_yet' : undefined;
    const problem = this.lost ?? this.problem ?? waiting;
    setText(this.notice, problem ? strings.problem[problem] : '');
    this.notice.hidden = !problem;
    setText(this.startButton, strings.play);
    this.startButton.hidden = !player || !this.video.paused || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA;
    this.video.setAttribute('aria-label', fill(strings.playerLabel, { channel: this.channel }));

    this.voices.show(strings.voice, player?.voices ?? [], player?.voice ?? -1);
    const texts = player?.captions ?? [];
    this.captions.show(strings.captions, texts.length > 0 ? [{ id: -1, name: strings.off, language: '' }, ...texts] : [], player?.caption ?? -1);

    const heard = this.what();
    const behind = this.measure();
    const buffer = bufferHealth(loadedAhead(this.video.buffered, this.video.currentTime), player?.wantedAhead ?? 6);
    setText(this.heard, words.heard(heard));
    setText(this.state, info ? words.state(info.state) : '');
    this.state.classList.toggle('trouble', info !== undefined && info.state !== 'live' && info.state !== 'ended' && info.state !== 'starting');
    setText(this.behind, words.behind(behind));
    setText(this.bufferLabel, strings.buffer);
    setText(this.bufferText, player ? words.buffer(buffer) : '');
    this.bar.setAttribute('aria-label', strings.buffer);
    this.bar.setAttribute('aria-valuenow', String(buffer.percent));
    this.bar.setAttribute('aria-valuetext', words.buffer(buffer));
    this.bar.dataset.stock = buffer.stock;
    this.fillBar.style.width = `${buffer.percent}%`;
    setText(this.whyTitle, strings.whyDelay);
    this.explain(info ? words.whyDelay(info, behind) : []);
    const voice = this.chosenVoice();
    setText(this.lag, voice && !voice.original ? words.onsetLag(voiceOf(info, voice.language)) : '');
    setText(this.caveat, strings.demonstration);
    this.caveat.hidden = !info?.demonstration;
    this.showLevel();
    this.feedback.show(strings);
    this.feedback.element.hidden = !this.channel;
    this.tell(heard, behind, buffer.seconds, problem);
  }

  private showLevel(): void {
    const { words: { strings }, player } = this;
    const possible = this.level?.isPossible ?? false;
    if (!possible && Number(this.slider.value) > 0) {
      this.slider.value = '0';
      this.level?.set(0);
    }
    this.sliderRow.hidden = !possible;
    setText(this.sliderLabel, strings.level);
    const text = fill(strings.levelText, { percent: this.slider.value });
    setText(this.sliderText, text);
    this.slider.setAttribute('aria-valuetext', text);
    const why = !player || this.level ? undefined : player.kind === 'hls' ? 'browser' : player.kind;
    setText(this.sliderNo, why ? strings.levelNo[why] : '');
    this.sliderNo.hidden = !why;
  }

  private explain(paragraphs: string[]): void {
    while (this.whyText.childElementCount > paragraphs.length) {
      this.whyText.lastElementChild!.remove();
    }
    paragraphs.forEach((text, i) => setText(this.whyText.children[i] ?? this.whyText.appendChild(make('p')), text));
  }

  private tell(heard: Heard, behind: Behind | undefined, bufferSeconds: number, problem: Problem | undefined): void {
    const detail: StatusDetail = {
      heard: heard.what,
      why: 'why' in heard ? heard.why : null,
      language: 'language' in heard ? heard.language : null,
      behindLiveSeconds: behind ? Math.round(behind.seconds * 10) / 10 : null,
      bufferSeconds: Math.round(bufferSeconds * 10) / 10,
      channelState: this.info?.state ?? null,
      player: this.player?.kind ?? null,
      problem: problem ?? null,
    };
    const text = JSON.stringify(detail);
    if (text !== this.told) {
      this.told = text;
      this.dispatchEvent(new CustomEvent('tandem-status', { detail, bubbles: true, composed: true }));
    }
  }
}

/** How a voice is asked for: its language, or `original`. */
function tagOf(voice: Track): string {
  return voice.original ? 'original' : voice.language;
}

// A sheet that a script makes needs no exception from a page's policy; older browsers load it as a file.
function style(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(make('link', { rel: 'stylesheet', href: new URL('embed.css', origin.server).toString() }));
  }
}

// Each channel's own, so that a voice that another channel does not have is not forgotten there.
function keyOf(player: TandemPlayer, what: string): string {
  return `tandem.${player.channel}.${what}`;
}

function remember(player: TandemPlayer, what: string, value: string | undefined): void {
  try {
    if (value === undefined) {
      localStorage.removeItem(keyOf(player, what));
    } else {
      localStorage.setItem(keyOf(player, what), value);
    }
  } catch {
    // Without storage the next visit starts from the channel's own choice.
  }
}

function recall(player: TandemPlayer, what: string): string | undefined {
  try {
    return localStorage.getItem(keyOf(player, what)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Makes the element known; again is fine. */
export function define(): void {
  if (!customElements.get('tandem-player')) {
    customElements.define('tandem-player', TandemPlayer);
  }
}
