// Plays tandem.v1 through Media Source: the shortest delay. Where it cannot, it says so and another player takes over.

import { loadedAhead } from '../delay';
import { make } from '../dom';
import { wanted, type Listener, type Player, type PlayerOptions, type Track } from '../player';
import type { HeardSince } from '../state';
import { ack, mimeOf, readMedia, readText, resumeFrom, select, socketAddress, Subprotocol, type Bye, type Caption, type Hello, type Media, type Notice, type Status } from './protocol';
import { Placing, TrackBuffer } from './source-buffers';

/** How long the first `hello` is waited for, ms. */
const Patience = 5000;

/** `status` comes every 2 s: a connection that is silent for longer is dead, whether the browser knows it or not, ms. */
const LongestSilence = 9000;

/** While the viewer has paused, no more than this is loaded ahead: a browser's buffer is full after some minutes, s. */
const MostAheadPaused = 30;

/** Beginnings that fail one after another before another player takes over. */
const MostFailures = 4;

/** What is held ahead: two chunks and a breath at first, more after each standstill, s. */
const LeastAhead = 1.2;
const MostAhead = 4;
const AheadAfterStall = 0.5;

/** Farther ahead than what is wanted and this, playing is a little faster, s; beyond the second, it jumps. */
const Slack = 0.6;
const JumpBeyond = 6;
const Faster = 1.04;

export class SocketPlayer implements Player {
  readonly kind = 'websocket';
  wantedAhead = LeastAhead;
  captions: Track[] = [];
  caption = -1;
  /** What the server said of the voice that it sends, by the time of what it had sent. */
  told: HeardSince[] = [];
  /** The server's name for this visit. */
  session: string | undefined;

  private readonly placing = new Placing();
  private readonly buffers = new Map<number, TrackBuffer>();
  private readonly next: { audio?: number; video?: number } = {};
  private readonly changed = new Map<number, Notice>();
  private readonly acked = new Map<number, number>();
  private readonly ended = new AbortController();
  private readonly pending: Media[] = [];
  private readonly texts = make('track', { kind: 'captions', src: 'data:,WEBVTT' });
  private hello: Hello | undefined;
  private socket: WebSocket | undefined;
  private source: MediaSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly beat: ReturnType<typeof setInterval>;
  private failures = 0;
  private language: string | undefined;
  private heardLanguage: string | undefined;
  private newest: number | undefined;
  private bye: Bye | undefined;
  private begun = false;
  /** Paused for so long that nothing is taken any more; what plays next is what is newest then. */
  private resting = false;
  /** The channel has ended: what is loaded is all that there will be. */
  private complete = false;

  constructor(
    private readonly video: HTMLVideoElement, private readonly server: string, private readonly channel: string,
    private readonly options: PlayerOptions, private readonly listener: Listener) {
    this.language = options.voice;
    video.append(this.texts);
    video.addEventListener('waiting', () => this.stalled(), { signal: this.ended.signal });
    video.addEventListener('play', () => this.wake(), { signal: this.ended.signal });
    this.beat = setInterval(() => this.steer(), 250);
    this.connect();
  }

  static get isSupported(): boolean {
    return typeof WebSocket === 'function' && typeof MediaSource === 'function';
  }

  get voices(): Track[] {
    return (this.hello?.renditions ?? []).filter(r => !r.locked && (!r.mime || MediaSource.isTypeSupported(r.mime))).map(r => ({
      id: r.rendition,
      name: r.name ?? r.language,
      language: r.language === 'original' ? (r.source ?? '') : r.language,
      original: r.language === 'original',
    }));
  }

  get voice(): number {
    return this.hello?.renditions.find(r => r.language === this.language)?.rendition ?? -1;
  }

  get playingAt(): number | undefined {
    const { zero } = this.placing;
    return zero === undefined || !this.begun ? undefined : zero / 1000 + this.video.currentTime * 1000;
  }

  chooseVoice(id: number): void {
    const language = this.hello?.renditions.find(r => r.rendition === id)?.language;
    if (language !== undefined) {
      this.language = language;
      this.say(select(language));
      this.offerCaptions();
    }
  }

  chooseCaption(id: number): void {
    this.caption = id;
    this.texts.track.mode = id >= 0 ? 'showing' : 'hidden';
    this.listener.changed();
  }

  close(): void {
    clearTimeout(this.retry);
    clearInterval(this.beat);
    this.ended.abort();
    this.socket?.close(1000);
    this.texts.remove();
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.load();
  }

  private connect(): void {
    const voice = this.language;
    const address = socketAddress(this.server, this.channel, { lang: voice, media: 'av', token: this.options.token(), resume: resumeFrom(this.next) });
    const socket = new WebSocket(address, [Subprotocol]);
    this.socket = socket;
    this.bye = undefined;
    socket.binaryType = 'arraybuffer';
    // A dead path gives no `close` for minutes, so this does not wait for one.
    const over = (): void => {
      clearTimeout(patience);
      socket.onmessage = socket.onclose = null;
      socket.close();
      if (this.socket === socket && !this.ended.signal.aborted) {
        this.lost();
      }
    };
    let patience = setTimeout(over, Patience);
    socket.onmessage = ({ data }) => {
      clearTimeout(patience);
      patience = setTimeout(over, LongestSilence);
      this.receive(data as string | ArrayBuffer);
    };
    socket.onclose = over;
  }

  private rest(): void {
    const { socket } = this;
    this.resting = true;
    this.socket = undefined;
    if (socket) {
      socket.onmessage = null;
      socket.close(1000);
    }
  }

  private wake(): void {
    if (this.resting) {
      this.resting = false;
      delete this.next.audio;
      delete this.next.video;
      this.connect();
    }
  }

  private lost(): void {
    const { bye } = this;
    if (bye?.reason === 'channel_gone' && bye.reconnect === false && this.source) {
      this.complete = true;
      return;
    }
    this.failures++;
    if ((bye && bye.reconnect === false) || this.failures > MostFailures || (!this.hello && this.failures > 1)) {
      this.giveUp();
      return;
    }
    if (!bye) {
      this.listener.trouble('loading');
    }
    // As the server asks, else soon and then less often; a little apart from others that were cut off with this one.
    const after = bye?.afterMs ?? Math.min(500 * 2 ** (this.failures - 1), 8000) * (0.75 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), after);
  }

  private giveUp(): void {
    if (!this.ended.signal.aborted) {
      this.listener.unable();
    }
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const media = readMedia(data);
      if (media) {
        this.take(media);
      }
      return;
    }
    const message = readText(data);
    switch (message?.type) {
      case 'hello':
        this.greet(message);
        break;
      case 'status':
        this.note(message);
        break;
      case 'caption':
        this.addCaption(message);
        break;
      case 'bye':
        this.bye = message;
        break;
      case 'notice':
        if (message.code === 'refused' && this.hello) {
          this.language = this.heardLanguage ?? this.hello.language;
          this.listener.changed();
        } else if (message.code === 'generation' && message.track !== undefined) {
          this.changed.set(message.track, message);
        }
        break;
    }
  }

  private note(status: Status): void {
    if (status.language !== this.heardLanguage) {
      this.heardLanguage = status.language;
      this.told = [];
    }
    const { state } = status;
    if (this.newest !== undefined && this.told.at(-1)?.state !== state) {
      this.told = [...this.told.slice(-50), { since: this.newest / 1000, state }];
      this.listener.changed();
    }
  }

  private greet(hello: Hello): void {
    const first = !this.hello;
    this.hello = hello;
    this.session = hello.session;
    this.language = hello.language;
    this.placing.doubt();
    this.changed.clear();
    if (first) {
      if (!hello.tracks.every(t => MediaSource.isTypeSupported(t.mime))) {
        this.giveUp();
        return;
      }
      this.open(hello);
      const choice = wanted(this.voices, this.options.voice);
      if (choice && choice.id !== this.voice) {
        this.chooseVoice(choice.id);
      }
    }
    this.offerCaptions();
    this.listener.changed();
  }

  private open(hello: Hello): void {
    const source = new MediaSource();
    this.source = source;
    source.addEventListener('sourceopen', () => {
      URL.revokeObjectURL(this.video.src);
      try {
        source.duration = Infinity;
        for (const track of hello.tracks) {
          this.buffers.set(track.track, new TrackBuffer(source.addSourceBuffer(track.mime), track.mime, this.video, () => this.giveUp()));
        }
      } catch {
        this.giveUp();
        return;
      }
      this.pending.splice(0).forEach(m => this.take(m));
    }, { once: true });
    this.video.src = URL.createObjectURL(source);
  }

  private take(media: Media): void {
    const buffer = this.buffers.get(media.track);
    if (!buffer) {
      if (this.source?.readyState !== 'open' && this.pending.length < 200) {
        this.pending.push(media);
      }
      return;
    }
    if (media.kind === 'init') {
      const mime = this.hello && mimeOf(media, this.hello, this.changed.get(media.track));
      if (this.placing.init(media) && mime) {
        buffer.begin(media.payload, mime);
      }
      return;
    }
    const kind = this.hello?.tracks.find(t => t.track === media.track)?.kind;
    if (kind) {
      this.next[kind] = media.sequence + 1;
    }
    if (kind === 'audio') {
      this.newest = media.sourceTime + media.duration;
    }
    const offset = this.placing.offset(media);
    if (offset === undefined) {
      return;
    }
    buffer.add(media.payload, offset);
    if (this.video.paused && !this.resting && this.begun && loadedAhead(this.video.buffered, this.video.currentTime) > MostAheadPaused) {
      this.rest();
    }
    this.failures = 0;
    this.listener.trouble(undefined);
    this.acknowledge(media);
  }

  // Once a second for each track.
  private acknowledge(media: Media): void {
    const now = performance.now();
    if (now - (this.acked.get(media.track) ?? -Infinity) >= 1000) {
      this.acked.set(media.track, now);
      this.say(ack(media.track, media.sequence, Date.now(), loadedAhead(this.video.buffered, this.video.currentTime) * 1000));
    }
  }

  private say(text: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(text);
    }
  }

  private offerCaptions(): void {
    const voice = this.voices.find(v => v.id === this.voice);
    this.captions = voice && !voice.original ? [{ id: 0, name: voice.name, language: voice.language }] : [];
    if (!this.begun && this.options.caption !== undefined && this.captions.length > 0) {
      this.chooseCaption(0);
    }
  }

  private addCaption(caption: Caption): void {
    const { zero } = this.placing;
    const { track } = this.texts;
    if (zero === undefined || caption.language !== this.language) {
      return;
    }
    if (track.mode === 'disabled') {
      track.mode = 'hidden';
    }
    if (track.cues?.getCueById(caption.id)) {
      return;
    }
    const cue = new VTTCue((caption.start - zero) / 1e6, (caption.end - zero) / 1e6, caption.text);
    cue.id = caption.id;
    track.addCue(cue);
    for (const old of [...(track.cues ?? [])].filter(c => c.endTime < this.video.currentTime - 60)) {
      track.removeCue(old);
    }
  }

  private stalled(): void {
    if (this.begun) {
      this.wantedAhead = Math.min(MostAhead, this.wantedAhead + AheadAfterStall);
    }
  }

  // Begins where both tracks are there, gets over holes, and stays close to the newest.
  private steer(): void {
    const { video } = this;
    const { buffered } = video;
    if (buffered.length === 0) {
      return;
    }
    const end = buffered.end(buffered.length - 1);
    const start = buffered.start(buffered.length - 1);
    if (this.complete && this.source?.readyState === 'open' && [...this.buffers.values()].every(b => b.isIdle)) {
      this.source.endOfStream();
    }
    if (!this.begun) {
      if (end - start >= this.wantedAhead || this.complete) {
        this.begun = true;
        video.currentTime = Math.max(start, end - this.wantedAhead);
        this.listener.changed();
      }
      return;
    }
    const ahead = end - video.currentTime;
    if (ahead > JumpBeyond && !video.paused && !this.complete) {
      video.currentTime = end - this.wantedAhead;
    } else if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && video.currentTime < start && end - start > 0.3) {
      // What was skipped on the way does not come any more.
      video.currentTime = start;
    }
    video.playbackRate = ahead > this.wantedAhead + Slack && !video.paused && !this.complete ? Faster : 1;
  }
}
