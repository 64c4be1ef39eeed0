// The figures that are seen from across the room: each with its threshold in words, a sign, and its course over the last hour.

import { make, setText } from '../dom';
import { sign, spark } from './draw';
import { against, bytes, count, course, dollars, fullest, highest, Nothing, share, time } from './figures';
import type { History, Level, State } from './state';

/** Seconds between two values of a course. */
export const CourseEvery = 30;

export interface Figure {
  id: string;
  title: string;
  value: number | null;
  /** The value as it is written, where that is more than the number. */
  text?: string;
  write: (value: number | null) => string;
  limit?: number;
  over?: Level;
  note?: string;
  course?: (number | null)[];
}

/** Thresholds are those of the alerts in deploy/prometheus. */
export function figures(state: State): Figure[] {
  const { total, instance } = state;
  const queue = fullest(total.queues);
  const languages = state.channels.flatMap(c => c.languages.map(l => ({ ...l, channel: c.id })));
  const lag = highest(languages.map(l => l.onsetLag.p95));
  const fallback = highest(languages.map(l => l.fallbackRatio));
  const several = state.channels.length > 1 || languages.length > 1;
  const where = (value: number | null, of: (l: (typeof languages)[number]) => number | null) => {
    const found = several && value !== null && value > 0 ? languages.find(l => of(l) === value) : undefined;
    return found && `${found.channel}, ${found.language}`;
  };
  const viewers = total.viewers.reduce((sum, v) => sum + v.viewers, 0);
  const of = (history: History, name: string) => history[name];
  const worst = (name: string) => merge(state.channels.map(c => c.figures.history[name]));
  return [
    { id: 'errors', title: 'Segments that failed', value: total.errorRatio, write: share, limit: 0.05, over: 'critical', note: `of ${count(total.segments)}`, course: of(total.history, 'errors') },
    { id: 'processing', title: 'Work on a segment, p95', value: total.stages.find(s => s.stage === 'total')?.p95 ?? null, write: time, limit: 1.5, over: 'warning', course: of(total.history, 'processing') },
    { id: 'lateness', title: 'Published late by, p95', value: total.lateness.p95, write: time, limit: 0.5, over: 'critical', course: of(total.history, 'lateness') },
    { id: 'in-flight', title: 'Segments in flight', value: total.inFlight, write: count, course: of(total.history, 'inFlight') },
    { id: 'queue', title: 'Fullest queue', value: queue?.ratio ?? null, text: queue ? `${count(queue.depth)} of ${count(queue.bound)}` : undefined, write: share, limit: 0.8, over: 'warning', note: queue?.queue, course: of(total.history, 'queue') },
    { id: 'onset-lag', title: 'Dub after speech, p95', value: lag, write: time, limit: 4, over: 'warning', note: where(lag, l => l.onsetLag.p95), course: worst('onsetLag') },
    { id: 'fallback', title: 'Original for want of a dub', value: fallback, write: share, limit: 0.1, over: 'critical', note: where(fallback, l => l.fallbackRatio), course: worst('fallback') },
    { id: 'source-age', title: 'Source silent for', value: total.sourceAgeSeconds, write: time, limit: 20, over: 'critical' },
    { id: 'delivery', title: 'WebSocket delivery, p95', value: total.delivery.p95, write: time, note: total.delivery.count ? `half within ${time(total.delivery.p50)}` : 'nobody acknowledges', course: of(total.history, 'delivery') },
    { id: 'messages', title: 'WebSocket message, p95', value: total.messages.p95, write: bytes, limit: 524288, over: 'warning', note: total.messages.count ? `${count(total.messages.count)} sent` : 'none sent', course: of(total.history, 'messages') },
    { id: 'viewers', title: 'Viewers, WebSocket', value: viewers, write: count, course: of(total.history, 'viewers') },
    { id: 'cpu', title: 'CPU of the instance', value: instance.cpuRatio, write: share, limit: 0.9, over: 'warning', note: 'of its limit', course: of(instance.history, 'cpu') },
    { id: 'memory', title: 'Memory of the instance', value: instance.memoryRatio, write: share, limit: 0.9, over: 'critical', note: 'of its limit', course: of(instance.history, 'memory') },
    { id: 'cost', title: 'A month at this rate', value: instance.dollarsPerMonth, write: dollars, limit: instance.budgetDollars ?? undefined, over: 'warning', note: 'list prices' },
  ];
}

/** The highest of several courses at each moment; they end at the same one. */
export function merge(courses: ((number | null)[] | undefined)[]): (number | null)[] {
  const known = courses.filter((c): c is (number | null)[] => c !== undefined);
  const length = Math.max(0, ...known.map(c => c.length));
  return Array.from({ length }, (_, index) => highest(known.map(c => c[c.length - length + index])));
}

/** One tile on the page. */
export class Tile {
  readonly element: HTMLElement;
  readonly #value = make('span', { class: 'value' });
  readonly #sign = make('span');
  readonly #note = make('span', { class: 'note' });
  readonly #picture = make('div', { class: 'picture' });
  #drawn = '';

  constructor(id: string, title: string) {
    this.element = make('div', { class: 'tile', id: `tile-${id}` }, make('h3', {}, title), make('p', {}, this.#value, this.#sign), make('p', { class: 'small' }, this.#note), this.#picture);
  }

  show(figure: Figure): void {
    const text = figure.text ?? figure.write(figure.value);
    const { level, above } = figure.limit === undefined ? { level: 'none' as const, above: false } : against(figure.value, figure.limit, figure.over ?? 'warning');
    setText(this.#value, text);
    const limit = figure.limit === undefined || text === Nothing ? '' : `${above ? 'above' : 'below'} ${figure.write(figure.limit)}`;
    setText(this.#note, [limit, figure.note].filter(Boolean).join(' · ') || (text === Nothing ? 'nothing measured' : ''));
    if (this.element.dataset.level !== level) {
      this.element.dataset.level = level;
      this.#sign.replaceChildren(...(level === 'none' ? [] : [sign(level)]));
    }
    const drawn = JSON.stringify(figure.course ?? []);
    if (this.#drawn !== drawn) {
      this.#drawn = drawn;
      const known = figure.course?.some(v => v !== null);
      this.#picture.replaceChildren(...(known ? [spark(figure.course!, figure.limit ?? null, course(figure.course, CourseEvery, figure.write))] : []));
    }
  }
}
