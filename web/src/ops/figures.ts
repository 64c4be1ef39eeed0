// What the operations page says of figures, in words and numbers. Pure.

import type { Channel, Level, State } from './state';

/** Nothing was measured. */
export const Nothing = '–';

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const written = (value: number | null | undefined, write: (value: number) => string) => (typeof value === 'number' && Number.isFinite(value) ? write(value) : Nothing);

export const count = (value: number | null | undefined) => written(value, v => number.format(v));

/** Seconds, as people say them. */
export const time = (value: number | null | undefined) =>
  written(value, v =>
    v < 0.00005 ? '0 s' : v < 0.01 ? `${Number((v * 1000).toFixed(1))} ms` : v < 0.9995 ? `${(v * 1000).toFixed(0)} ms` : v < 9.95 ? `${Number(v.toFixed(1))} s` : v < 119.5 ? `${v.toFixed(0)} s` : `${(v / 60).toFixed(0)} min`);

export const share = (value: number | null | undefined) =>
  written(value, v => (v >= 0.0995 ? `${(v * 100).toFixed(0)} %` : v > 0 && v < 0.001 ? '< 0.1 %' : `${Number((v * 100).toFixed(1))} %`));

export const bytes = (value: number | null | undefined) =>
  written(value, v => (v < 1024 ? `${v.toFixed(0)} B` : v < 1024 * 1024 ? `${(v / 1024).toFixed(v < 10240 ? 1 : 0)} KiB` : `${(v / 1024 / 1024).toFixed(1)} MiB`));

export const dollars = (value: number | null | undefined) => written(value, v => `${number.format(v)} USD`);

/** How a figure stands to the threshold of its alert. */
export function against(value: number | null | undefined, limit: number, over: Level): { level: Level | 'none'; above: boolean } {
  return typeof value !== 'number' ? { level: 'none', above: false } : value > limit ? { level: over, above: true } : { level: 'ok', above: false };
}

/** The highest of them; null where there is none. */
export function highest(values: (number | null | undefined)[]): number | null {
  const known = values.filter((value): value is number => typeof value === 'number');
  return known.length ? Math.max(...known) : null;
}

/** The largest share of its bound that a queue has in use. */
export function fullest(queues: { queue: string; depth: number; bound: number | null }[]): { queue: string; depth: number; bound: number; ratio: number } | null {
  let found: { queue: string; depth: number; bound: number; ratio: number } | null = null;
  for (const { queue, depth, bound } of queues) {
    if (bound && (!found || depth / bound > found.ratio)) {
      found = { queue, depth, bound, ratio: depth / bound };
    }
  }
  return found;
}

/** The headline, and what else there is to say. */
export function headline(state: State): { text: string; lines: string[] } {
  const { level, lines } = state.status;
  if (level === 'ok' || lines.length === 0) {
    const starting = state.channels.filter(c => c.state === 'starting').length;
    const rest = state.channels.length === 0 ? 'There are no channels.' : starting ? `${starting} of ${state.channels.length} channels are starting.` : '';
    return { text: 'Everything is in order', lines: rest ? [rest] : [] };
  }
  const firing = state.alerts.filter(a => a.state === 'firing').length;
  const text = firing === 0 ? (lines.length === 1 ? 'One thing to look at' : `${lines.length} things to look at`) : firing === 1 ? 'One alert is firing' : `${firing} alerts are firing`;
  return { text, lines };
}

/** The history of several series, drawn as one line's words. */
export function course(values: (number | null)[] | undefined, every: number, write: (value: number | null) => string): string {
  const known = (values ?? []).filter((value): value is number => typeof value === 'number');
  if (!values || known.length === 0) {
    return 'No history yet.';
  }
  const minutes = Math.max(1, Math.round((values.length * every) / 60));
  return `Last ${minutes === 1 ? 'minute' : `${minutes} minutes`}: ${write(Math.min(...known))} to ${write(Math.max(...known))}.`;
}

const states: Record<string, string> = {
  starting: 'starting',
  live: 'live',
  source_lost: 'source lost',
  faulted: 'faulted',
  ended: 'ended',
  stopped: 'stopped',
};

export const channelState = (state: string) => states[state] ?? state;

/** The worst that is said of a channel: by its alerts, its state, and what its viewers hear. */
export function channelLevel(channel: Channel, state: State): Level {
  const alerts = state.alerts.filter(a => a.channel === channel.id);
  if (alerts.some(a => a.state === 'firing' && a.severity === 'critical')) {
    return 'critical';
  }
  const wrong = ['source_lost', 'faulted', 'stopped'].includes(channel.state) || channel.languages.some(l => l.state === 'fallback');
  return alerts.length > 0 || wrong ? 'warning' : 'ok';
}

/** Where a runbook's section is on this server. */
export const runbookLink = (runbook: string) => `runbooks.html#${runbook.split('#')[1] ?? ''}`;
