// The operations page: asks for /ops/state every five seconds and shows it.

import { make, setText } from '../dom';
import { fetchJson, Refused } from '../state';
import { ChannelPart, failureRows, newFailures, newQueues, newStages, queueRows, stageRows } from './channel';
import { sign } from './draw';
import { bytes, count, headline, runbookLink, time } from './figures';
import type { Alert, Level, State } from './state';
import { Table } from './table';
import { figures, Tile } from './tiles';

const Every = 5000;

/** Lines below the headline. */
const Most = 5;

/** With so many channels each begins unfolded. */
const Few = 2;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const windowChoice = element<HTMLSelectElement>('window');
const pause = element<HTMLButtonElement>('pause');
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const tiles = new Map<string, Tile>();
const channels = new Map<string, ChannelPart>();
const alerts = new Map<string, AlertPart>();
const stages = newStages();
const queues = newQueues();
const failures = newFailures();
const sizes = new Table('WebSocket messages by size', [{ title: 'Up to' }, { title: 'Messages', number: true }], 'No message was sent.');
const viewers = new Table('Viewers by voice', [{ title: 'Voice' }, { title: 'Viewers', number: true }], 'No voice yet.');
element('stages').append(stages.element);
element('queues').append(queues.element);
element('failures').append(failures.element);
element('sizes').append(sizes.element);
element('viewers').append(viewers.element);

let paused = false;
let asking = 0;
let last: State | undefined;
let lost = 0;
let timer = 0;

pause.addEventListener('click', () => {
  paused = !paused;
  pause.setAttribute('aria-pressed', String(paused));
  tellTime();
  if (!paused) {
    void ask();
  }
});
windowChoice.addEventListener('change', () => void ask());
void ask();

async function ask(): Promise<void> {
  clearTimeout(timer);
  const mine = ++asking;
  try {
    const { body } = await fetchJson<State>(`state?window=${windowChoice.value}`);
    if (mine !== asking) {
      return;
    }
    lost = 0;
    last = body;
    show(body);
  } catch (error) {
    if (mine !== asking) {
      return;
    }
    lost++;
    tellLoss(error);
  }
  tellTime();
  timer = setTimeout(() => {
    if (!paused) {
      void ask();
    }
  }, Every);
}

function show(state: State): void {
  const { text, lines } = headline(state);
  tell(state.status.level, text, lines);
  element('figures').hidden = false;
  showAlerts(state);
  for (const figure of figures(state)) {
    let tile = tiles.get(figure.id);
    if (!tile) {
      tiles.set(figure.id, (tile = new Tile(figure.id, figure.title)));
      element('tiles').append(tile.element);
    }
    tile.show(figure);
  }
  stages.show(stageRows(state.total));
  queues.show(queueRows(state.total));
  failures.show(failureRows(state.total));
  const most = Math.max(...state.total.messageSizes.map(b => b.count), 1);
  const used = state.total.messageSizes.map((b, index) => (b.count > 0 ? index : -1)).filter(index => index >= 0);
  sizes.show(
    used.length === 0
      ? []
      : state.total.messageSizes.slice(used[0], used.at(-1)! + 1).map(b => [b.upTo === null ? 'more' : bytes(b.upTo), { text: count(b.count), bar: b.count / most }]),
  );
  const crowd = Math.max(...state.total.viewers.map(v => v.viewers), 1);
  viewers.show(state.total.viewers.map(v => [v.voice, { text: count(v.viewers), bar: v.viewers / crowd }]));
  for (const channel of state.channels) {
    let part = channels.get(channel.id);
    if (!part) {
      channels.set(channel.id, (part = new ChannelPart(state.channels.length <= Few)));
      element('channels').append(part.element);
    }
    part.show(channel, state);
  }
  for (const [id, part] of channels) {
    if (!state.channels.some(c => c.id === id)) {
      part.element.remove();
      channels.delete(id);
    }
  }
  setText(element('build'), `Tandem ${state.version.replace(/(\+.{8}).*/, '$1')}, up for ${time(state.uptimeSeconds)}. Measured every ${state.everySeconds} s; percentiles as Prometheus works them out.`);
}

function showAlerts(state: State): void {
  const seen = new Set<string>();
  for (const kind of ['firing', 'pending'] as const) {
    const list = element(kind);
    state.alerts.filter(a => a.state === kind).forEach((alert, index) => {
      const key = [alert.name, alert.channel, alert.part].join(' ');
      seen.add(key);
      let part = alerts.get(key);
      if (!part) {
        alerts.set(key, (part = new AlertPart(alert)));
      }
      part.show(alert);
      // Moved only when it stands elsewhere: what has the focus would lose it.
      if (list.children[index] !== part.element) {
        list.insertBefore(part.element, list.children[index] ?? null);
      }
    });
  }
  for (const [key, part] of alerts) {
    if (!seen.has(key)) {
      part.element.remove();
      alerts.delete(key);
    }
  }
  const due = state.alerts.filter(a => a.state === 'pending').length;
  element('no-alerts').hidden = due < state.alerts.length;
  element('pending-part').hidden = due === 0;
  setText(element('pending-title'), due === 1 ? 'One will fire if nothing changes' : `${due} will fire if nothing changes`);
  setText(element('elsewhere'), `Not judged here, since one instance cannot see it: ${state.alertsJudgedElsewhere.join(', ')}. Prometheus does.`);
}

class AlertPart {
  readonly element: HTMLElement;
  readonly #sign = make('span');
  readonly #state = make('strong');
  readonly #where = make('span');
  readonly #summary = make('span');
  readonly #since = make('span', { class: 'soft' });
  #level = '';

  constructor(alert: Alert) {
    const name = make('a', { href: runbookLink(alert.runbook) }, alert.name);
    this.element = make('li', { class: 'alert card' }, this.#sign, make('div', {}, make('p', {}, this.#state, ' ', name), make('p', {}, this.#where, this.#summary), make('p', { class: 'small' }, this.#since)));
  }

  show(alert: Alert): void {
    const level: Level = alert.state === 'firing' ? alert.severity : 'warning';
    if (this.#level !== level + alert.state) {
      this.#level = level + alert.state;
      this.element.dataset.level = level;
      this.#sign.replaceChildren(sign(level));
    }
    setText(this.#state, alert.state === 'firing' ? `Firing, ${alert.severity}:` : `Not due yet, ${alert.severity}:`);
    setText(this.#where, alert.channel ? `${[alert.channel, alert.part].filter(Boolean).join(', ')}: ` : '');
    setText(this.#summary, alert.summary);
    setText(this.#since, `since ${clock.format(new Date(alert.since))}`);
  }
}

function tell(level: Level | 'none', text: string, lines: string[]): void {
  const status = element('status');
  if (status.dataset.level !== level) {
    status.dataset.level = level;
    element('sign').replaceChildren(sign(level));
  }
  setText(element('headline'), text);
  const list = element('lines');
  const shown = lines.length > Most ? [...lines.slice(0, Most - 1), `and ${lines.length - Most + 1} more`] : lines;
  if ([...list.children].map(l => l.textContent).join('\n') !== shown.join('\n')) {
    list.replaceChildren(...shown.map(line => make('li', {}, line)));
  }
  document.title = level === 'ok' ? 'Tandem operations' : `${text} – Tandem operations`;
}

function tellLoss(error: unknown): void {
  const since = last ? `The figures below are of ${clock.format(new Date(last.at))}.` : '';
  if (error instanceof Refused) {
    tell('critical', `The server refused: ${error.status}`, ['Only operators may see this: it needs a key of operator_keys, as the password.', since].filter(Boolean));
  } else {
    tell('critical', 'The server does not answer', [lost === 1 ? 'Asked once; asking again.' : `Asked ${lost} times; asking again.`, since].filter(Boolean));
  }
}

function tellTime(): void {
  setText(pause, paused ? 'Go on' : 'Pause');
  if (!last) {
    return;
  }
  const covered = last.coveredSeconds < last.windowSeconds - 1 ? `, over ${time(last.coveredSeconds)} so far` : '';
  setText(element('as-of'), `as of ${clock.format(new Date(last.at))}${covered}${paused ? ', paused' : ''}`);
}
