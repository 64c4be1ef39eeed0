// How far behind live a viewer is, and how well the player is stocked. Pure.

import type { Edge } from './state';

/** Sources' dates that are older than this when a segment appears, or in the future, are no clock to count from. */
const MostSkew = 60_000;
const LeastSkew = -2_000;

export interface Behind {
  seconds: number;
  /** Whether the source's dates are wrong, so that it is counted from when its segments appeared. */
  fromAppearance: boolean;
}

/**
 * How long ago what plays now was live.
 * @param now ms since 1970 on the server's clock
 * @param playingAt EXT-X-PROGRAM-DATE-TIME of what plays, ms since 1970
 * @param edge the end of what is published, and when the source showed it
 */
export function behindLive(now: number | undefined, playingAt: number | undefined, edge: Edge | null | undefined): Behind | undefined {
  if (now === undefined || playingAt === undefined || !Number.isFinite(playingAt)) {
    return undefined;
  }
  const skew = edge ? edge.appearedAt - edge.date : 0;
  const fromAppearance = skew > MostSkew || skew < LeastSkew;
  const seconds = (now - playingAt - (fromAppearance ? skew : 0)) / 1000;
  return { seconds: Math.max(0, seconds), fromAppearance };
}

export type Stock = 'good' | 'low' | 'empty';

export interface BufferHealth {
  stock: Stock;
  /** 0 to 100. */
  percent: number;
  seconds: number;
}

/** How well a player is stocked: what is loaded ahead against what it means to have. */
export function bufferHealth(ahead: number, wanted: number): BufferHealth {
  const seconds = Math.max(0, ahead);
  const percent = Math.round(Math.min(1, seconds / Math.max(wanted, 0.1)) * 100);
  return { stock: percent >= 50 ? 'good' : seconds >= 0.5 ? 'low' : 'empty', percent, seconds };
}

/** How much is loaded beyond `at`, s; small holes are passed over, as players do. */
export function loadedAhead(ranges: { readonly length: number; start(i: number): number; end(i: number): number }, at: number): number {
  let end = at;
  for (let i = 0; i < ranges.length; i++) {
    if (ranges.start(i) <= end + 0.3 && ranges.end(i) > end) {
      end = ranges.end(i);
    }
  }
  return end - at;
}
