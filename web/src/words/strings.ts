// The names of everything that the page says, and the shape of a language's table. {…} are filled in.

import type { ChannelState, Why } from '../state';
import type { Stock } from '../delay';

/** What can be wrong with playing. */
export type Problem =
  | 'nothing_yet' | 'unreachable' | 'undecodable' | 'loading' | 'stumbled' | 'native' | 'unsupported' | 'silent_server' | 'no_channel' | 'refused';

export interface Strings {
  /** Whether it is written from right to left. */
  rtl?: boolean;
  tagline: string;
  channel: string;
  pageLanguage: string;
  voice: string;
  captions: string;
  off: string;
  play: string;
  playerLabel: string;
  heard: Record<'original sound' | 'own voice' | 'dub' | 'fallback' | 'no_speech' | 'advertisement' | 'of_source', string>;
  why: Record<Extract<Why, 'engine_away' | 'engine_failed' | 'not_ready'>, string>;
  state: Record<ChannelState, string>;
  behind: string;
  buffer: string;
  bufferText: string;
  stock: Record<Stock, string>;
  onsetLag: string;
  onsetLagEstimated: string;
  whyDelay: string;
  delayDub: string;
  delayRest: string;
  delayStep: string;
  delayAppearance: string;
  level: string;
  levelText: string;
  levelNo: Record<'native' | 'websocket' | 'browser', string>;
  demonstration: string;
  report: string;
  about: string;
  aboutKind: Record<'score' | 'latency' | 'quality', string>;
  score: string;
  scoreEnds: string;
  text: string;
  send: string;
  sending: string;
  sent: string;
  notSent: Record<'absent' | 'refused' | 'busy' | 'wrong' | 'unreachable', string>;
  pickScore: string;
  problem: Record<Problem, string>;
}

/** Fills `{name}` in. */
export function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
