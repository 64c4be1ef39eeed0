// One channel on the operations page: a line that says how it is, and below it all of its figures.

import { make, setText } from '../dom';
import { sign, spark } from './draw';
import { bytes, channelLevel, channelState, count, course, share, time } from './figures';
import type { Channel, Figures, Level, State } from './state';
import { Table } from './table';
import { CourseEvery } from './tiles';

export const newStages = () =>
  new Table('Time for a segment, by stage', [{ title: 'Stage' }, { title: 'p50', number: true }, { title: 'p95', number: true }, { title: 'p99', number: true }, { title: 'Segments', number: true }], 'No segment yet.');

export function stageRows(figures: Figures) {
  const longest = Math.max(...figures.stages.map(s => s.p95 ?? 0), 1e-9);
  return figures.stages.filter(s => s.count > 0).map(s => [s.stage, time(s.p50), { text: time(s.p95), bar: (s.p95 ?? 0) / longest }, time(s.p99), count(s.count)]);
}

export const newQueues = () => new Table('Queues', [{ title: 'Queue' }, { title: 'Waiting', number: true }, { title: 'Places', number: true }, { title: 'In use', number: true }], 'No queue yet.');

export const queueRows = (figures: Figures) =>
  figures.queues.map(q => [q.queue, count(q.depth), q.bound ? count(q.bound) : 'no bound', q.bound ? { text: share(q.depth / q.bound), bar: q.depth / q.bound } : '–']);

export const newFailures = () => new Table('What failed', [{ title: 'Stage' }, { title: 'Reason' }, { title: 'Times', number: true }], 'Nothing failed.');

export const failureRows = (figures: Figures) => figures.failures.slice(0, 12).map(f => [f.stage, f.reason.replaceAll('_', ' '), count(f.count)]);

const heard: Record<string, { text: string; level: Level }> = {
  dubbed: { text: 'dubbed', level: 'ok' },
  original: { text: 'original, as meant', level: 'ok' },
  fallback: { text: 'original, no dub', level: 'warning' },
};

export class ChannelPart {
  readonly element: HTMLDetailsElement;
  readonly #sign = make('span');
  readonly #name = make('span', { class: 'name' });
  readonly #state = make('span', { class: 'state' });
  readonly #short = make('span', { class: 'soft short' });
  readonly #reason = make('p', { class: 'reason' });
  readonly #facts = make('dl');
  readonly #picture = make('div', { class: 'picture' });
  readonly #languages = new Table(
    'Languages',
    [{ title: 'Language' }, { title: 'Heard' }, { title: 'Dub after speech p50', number: true }, { title: 'p95', number: true }, { title: 'Original for want of a dub', number: true }, { title: 'Off its picture p95', number: true }, { title: 'Viewers', number: true }],
    'No language.',
  );
  readonly #stages = newStages();
  readonly #queues = newQueues();
  readonly #failures = newFailures();
  #level = '';
  #drawn = '';

  constructor(open: boolean) {
    const box = (title: string, ...content: Element[]) => make('div', { class: 'box' }, make('h4', {}, title), ...content);
    this.element = make(
      'details',
      { class: 'channel card', open },
      make('summary', {}, this.#sign, make('h3', {}, this.#name), this.#state, this.#short),
      this.#reason,
      this.#facts,
      this.#languages.element,
      make(
        'div',
        { class: 'columns' },
        box('Time for a segment, by stage', this.#stages.element),
        box('Work on a segment, p95, last hour', this.#picture),
        box('Queues', this.#queues.element),
        box('What failed', this.#failures.element),
      ),
    );
  }

  show(channel: Channel, state: State): void {
    const { figures } = channel;
    const level = channelLevel(channel, state);
    if (this.#level !== level) {
      this.#level = level;
      this.element.dataset.level = level;
      this.#sign.replaceChildren(sign(level));
    }
    const total = figures.stages.find(s => s.stage === 'total');
    const viewers = figures.viewers.reduce((sum, v) => sum + v.viewers, 0);
    setText(this.#name, channel.id);
    setText(this.#state, channelState(channel.state));
    setText(this.#short, `${share(figures.errorRatio)} failed · p95 ${time(total?.p95)} · ${count(viewers)} viewers`);
    const engine = channel.engine.reason && `engine ${channel.engine.name}: ${channel.engine.reason}`;
    const reasons = [channel.reason, engine].filter(Boolean).join(' — ');
    setText(this.#reason, reasons);
    this.#reason.hidden = !reasons;
    this.#show([
      ['Engine', `${channel.engine.name}, ${channel.engine.healthy ? 'works' : 'does not work'}${channel.engine.circuitOpen ? ', circuit open' : ''}`],
      ['Source silent for', time(figures.sourceAgeSeconds)],
      ['Published', `${count(figures.segments)} segments`],
      ['Late by', `p50 ${time(figures.lateness.p50)}, p95 ${time(figures.lateness.p95)}`],
      ['In flight', count(figures.inFlight)],
      ['Worker restarts', count(channel.workerRestarts)],
      ['WebSocket delivery', figures.delivery.count ? `p50 ${time(figures.delivery.p50)}, p95 ${time(figures.delivery.p95)}` : 'nobody acknowledges'],
      ['WebSocket messages', figures.messages.count ? `p50 ${bytes(figures.messages.p50)}, p95 ${bytes(figures.messages.p95)}` : 'none sent'],
    ]);
    this.#languages.show(
      channel.languages.map(l => {
        const { text, level: how } = heard[l.state] ?? { text: l.state, level: 'warning' as const };
        return [
          l.language,
          { text: l.reason && l.state === 'fallback' ? `${text} (${l.reason})` : text, sign: () => sign(how), mark: how },
          time(l.onsetLag.p50),
          time(l.onsetLag.p95),
          share(l.fallbackRatio),
          time(l.syncOffset.p95),
          count(l.viewers),
        ];
      }),
    );
    this.#stages.show(stageRows(figures));
    this.#queues.show(queueRows(figures));
    this.#failures.show(failureRows(figures));
    const values = figures.history['processing'];
    const drawn = JSON.stringify(values ?? []);
    if (this.#drawn !== drawn) {
      this.#drawn = drawn;
      const words = course(values, CourseEvery, time);
      this.#picture.replaceChildren(...(values?.some(v => v !== null) ? [spark(values, 1.5, words)] : []), make('p', { class: 'soft small' }, words));
    }
  }

  #show(facts: [string, string][]): void {
    facts.forEach(([name, value], index) => {
      const pair = this.#facts.children[index] ?? this.#facts.appendChild(make('div', {}, make('dt', {}, name), make('dd')));
      setText(pair.lastElementChild!, value);
    });
  }
}
