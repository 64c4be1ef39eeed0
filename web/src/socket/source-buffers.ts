// Hands chunks to Media Source, each at its place on the programme's time.

import type { Media } from './protocol';
import { firstPresentation, timescale } from './mp4';

/** Two tracks whose offsets are this close are meant to be in step, s. */
const SameOffset = 0.05;

/** Played picture and sound that is kept, s. */
const KeptBehind = 20;

/** Chunks that wait for the browser; more than this is a browser that does not keep up. */
const LongestQueue = 400;

interface Step {
  data: Uint8Array;
  offset: number;
}

/** Where a chunk belongs. Pure but for what it remembers of each track. */
export class Placing {
  private readonly scales = new Map<number, number>();
  private readonly offsets = new Map<number, number>();
  private base: number | undefined;

  /** Source time of the element's zero, µs since 1970; undefined before the first chunk. */
  get zero(): number | undefined {
    return this.base;
  }

  /** Takes an init segment. */
  init(media: Media): void {
    const scale = timescale(media.payload);
    if (scale !== undefined) {
      this.scales.set(media.track, scale);
    }
  }

  /** The track's `timestampOffset` for this chunk, s: it changes only after a discontinuity. */
  offset(media: Media): number {
    // A little after zero: the other track's first chunk may begin earlier.
    this.base ??= media.sourceTime - 10_000_000;
    let offset = this.offsets.get(media.track);
    if (offset === undefined || media.broken) {
      const own = (firstPresentation(media.payload) ?? 0) / (this.scales.get(media.track) ?? 1);
      offset = (media.sourceTime - this.base) / 1e6 - own;
      for (const [track, other] of this.offsets) {
        if (track !== media.track && Math.abs(other - offset) < SameOffset) {
          offset = other;
        }
      }
      this.offsets.set(media.track, offset);
    }
    return offset;
  }

  /** After a break in the connection the next chunks say anew where they belong. */
  forget(): void {
    this.offsets.clear();
  }
}

/** One track's buffer and what waits for it. */
export class TrackBuffer {
  private readonly waiting: Step[] = [];

  constructor(readonly buffer: SourceBuffer, private readonly video: HTMLVideoElement, private readonly failed: (error: unknown) => void) {
    buffer.mode = 'segments';
    buffer.addEventListener('updateend', () => this.go());
    buffer.addEventListener('error', () => failed(new Error('the browser refused a chunk')));
  }

  add(data: Uint8Array, offset: number): void {
    if (this.waiting.length >= LongestQueue) {
      this.failed(new Error('the browser does not keep up'));
      return;
    }
    this.waiting.push({ data, offset });
    this.go();
  }

  private go(): void {
    if (this.buffer.updating) {
      return;
    }
    try {
      const { buffered } = this.buffer;
      const old = this.video.currentTime - KeptBehind;
      if (buffered.length > 0 && buffered.start(0) < old - KeptBehind) {
        this.buffer.remove(0, old);
        return;
      }
      const next = this.waiting.shift();
      if (next) {
        if (this.buffer.timestampOffset !== next.offset) {
          this.buffer.timestampOffset = next.offset;
        }
        this.buffer.appendBuffer(next.data as BufferSource);
      }
    } catch (error) {
      this.failed(error);
    }
  }
}
