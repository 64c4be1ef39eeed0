// The viewer page: one channel, its voices and captions, and in plain words what is heard.

import { fetchChannels, hasPublished, type Channel } from './channels';
import { Choice } from './choice';
import { HlsPlayer } from './hls-player';
import { NativePlayer } from './native-player';
import type { Listener, Player } from './player';
import { behind, channelState, heard, numbers } from './words';

const PollEvery = 2000;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const video = element<HTMLVideoElement>('video');
const start = element<HTMLButtonElement>('start');
const notice = element('notice');
const select = element<HTMLSelectElement>('channel');

let channels: Channel[] = [];
let player: Player | undefined;
let playing: string | undefined;
let trouble: string | undefined;
let unreachable: string | undefined;

const voices = new Choice(element<HTMLFieldSetElement>('voices'), id => {
  player?.chooseVoice(id);
  remember('voice', player?.voices[id]?.name);
  show();
});
const captions = new Choice(element<HTMLFieldSetElement>('captions'), id => {
  player?.chooseCaption(id);
  remember('caption', player?.captions[id]?.name);
  show();
});

const listener: Listener = {
  changed: show,
  trouble(words) {
    trouble = words;
    show();
  },
};

select.addEventListener('change', () => {
  history.replaceState(null, '', `?channel=${encodeURIComponent(select.value)}`);
  open();
});
start.addEventListener('click', () => void video.play().catch(show));
for (const event of ['play', 'pause', 'playing', 'emptied']) {
  video.addEventListener(event, show);
}

void poll();
setInterval(show, 1000);

async function poll(): Promise<void> {
  try {
    channels = await fetchChannels();
    unreachable = undefined;
  } catch {
    unreachable = 'Tandem does not answer. Trying again…';
  }
  list();
  open();
  show();
  setTimeout(() => void poll(), PollEvery);
}

function list(): void {
  const ids = channels.map(c => c.id);
  if (ids.join('\n') === [...select.options].map(o => o.value).join('\n')) {
    return;
  }
  const wanted = select.value || new URLSearchParams(location.search).get('channel') || '';
  select.replaceChildren(...ids.map(id => new Option(id, id)));
  select.value = ids.includes(wanted) ? wanted : (ids[0] ?? '');
  element('channel-choice').hidden = ids.length < 2;
}

function chosen(): Channel | undefined {
  return channels.find(c => c.id === select.value);
}

/** Opens the chosen channel once it has something to play. */
function open(): void {
  const channel = chosen();
  if (channel?.id === playing) {
    return;
  }
  player?.close();
  player = undefined;
  playing = undefined;
  trouble = undefined;
  if (!channel || !hasPublished(channel)) {
    return;
  }
  const address = `/live/${encodeURIComponent(channel.id)}/master.m3u8`;
  if (HlsPlayer.isSupported) {
    player = new HlsPlayer(video, address, listener, recall('voice'), recall('caption'));
  } else if (NativePlayer.isSupported(video)) {
    player = new NativePlayer(video, address, listener);
  } else {
    trouble = 'This browser can play no live video (HLS).';
    return;
  }
  playing = channel.id;
  // Browsers refuse sound before the first click; the button then asks for it.
  video.play().catch(show);
}

function show(): void {
  const channel = chosen();
  document.title = channel ? `${channel.id} – Tandem` : 'Tandem';
  const waiting = channel && !player && !trouble ? channelState(channel).text : undefined;
  const words = unreachable ?? trouble ?? waiting ?? (channels.length === 0 ? 'No channel is configured.' : undefined);
  setText('notice', words ?? '');
  notice.hidden = !words;
  start.hidden = !player || !video.paused || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA;

  const voice = player?.voices.find(v => v.id === player?.voice);
  voices.show(player?.voices ?? [], player?.voice ?? -1);
  const languages = player?.captions ?? [];
  captions.show(languages.length > 0 ? [{ id: -1, name: 'Off', language: 'en' }, ...languages] : [], player?.caption ?? -1);

  if (!channel) {
    return;
  }
  const { text, trouble: bad } = channelState(channel);
  setText('heard', heard(channel, voice));
  setText('state', text);
  element('state').classList.toggle('trouble', bad);
  setText('behind', player ? behind(channel, player.latency) : '');
  element('caveat').hidden = !/\b(offline|pocketsphinx|apertium|espeak)\b/.test(channel.engine?.name ?? '');
  const rows = numbers(channel);
  const table = element('numbers');
  if (table.childElementCount !== rows.length) {
    table.replaceChildren(...rows.map(() => {
      const row = document.createElement('div');
      row.append(document.createElement('dt'), document.createElement('dd'));
      return row;
    }));
  }
  rows.forEach(([name, value], i) => {
    const row = table.children[i]!;
    replaceText(row.children[0]!, name);
    replaceText(row.children[1]!, value);
  });
}

function setText(id: string, text: string): void {
  replaceText(element(id), text);
}

// Only when it differs: what is announced to a screen reader is announced once.
function replaceText(target: Element, text: string): void {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

function remember(what: string, value: string | undefined): void {
  try {
    if (value === undefined) {
      localStorage.removeItem(`tandem.${what}`);
    } else {
      localStorage.setItem(`tandem.${what}`, value);
    }
  } catch {
    // Without storage the next visit starts from the channel's own choice.
  }
}

function recall(what: string): string | undefined {
  try {
    return localStorage.getItem(`tandem.${what}`) ?? undefined;
  } catch {
    return undefined;
  }
}
