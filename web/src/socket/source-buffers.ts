// Hands chunks to Media Source, each at its place on the programme's time.

import type { Media } from './protocol';
import { firstSample, timescale } from './mp4';

/** Two tracks whose offsets are this close are meant to be in step, s. */
const SameOffset = 0.05;

/** After a reconnect, more than this is another way of counting a track's times and no drift of source time, s. */
const OtherClock = 0.5;

/** Played picture and sound that is kept, s. */
const KeptBehind = 20;

/** The same where the browser has no more room, s. */
const KeptWhenFull = 1;

/** Chunks that wait for the browser; more than this is a browser that does not keep up. */
const LongestQueue = 400;

interface Step {
  data: Uint8Array;
  /** Of a chunk, s. */
  offset?: number;
  /** Of an init segment. */
  mime?: string;
}

/** What is known of a track. */
interface Place {
  init?: Uint8Array;
  scale: number;
  /** Composition offset of the first picture that decoding could begin with, ticks; that of the others differs where there are B pictures. */
  composition?: number | undefined;
  /** s. */
  offset?: number | undefined;
  /** Whether the connection broke since the last chunk: another instance may count its times from elsewhere. */
  unsure: boolean;
}

/** Where a chunk belongs. Pure but for what it remembers of each track. */
export class Placing {
  private readonly places = new Map<number, Place>();
  private base: number | undefined;

  /** Source time of the element's zero, µs since 1970; undefined before the first chunk. */
  get zero(): number | undefined {
    return this.base;
  }

  /**
   * Takes an init segment; says whether it differs from the track's last one. One that does not is not to be appended: browsers drop pictures
   * after each until the next key frame.
   */
  init(media: Media): boolean {
    const place = this.of(media.track);
    if (place.init && sameBytes(place.init, media.payload)) {
      return false;
    }
    place.init = media.payload;
    place.scale = timescale(media.payload) ?? place.scale;
    place.composition = undefined;
    if (place.unsure) {
      place.offset = undefined;
    }
    return true;
  }

  /** The track's `timestampOffset` for this chunk, s: it changes only after a discontinuity. Undefined for one without media. */
  offset(media: Media): number | undefined {
    if (media.empty) {
      if (media.broken) {
        // The chunk after it goes on from here, and does not say that source time jumped.
        this.of(media.track).offset = undefined;
      }
      return undefined;
    }
    // A little after zero: the other track's first chunk may begin earlier.
    this.base ??= media.sourceTime - 10_000_000;
    const place = this.of(media.track);
    const first = firstSample(media.payload) ?? { decode: 0, composition: 0 };
    if (media.cut) {
      place.composition ??= first.composition;
    }
    // Source time is that of decoding, moved by this much (docs/protocol.md): equal for all pictures, whatever their own is.
    const reckoned = (media.sourceTime - this.base) / 1e6 - (first.decode + (place.composition ?? first.composition)) / place.scale;
    const { offset: before, unsure } = place;
    place.unsure = false;
    if (before !== undefined && !media.broken && !(unsure && Math.abs(reckoned - before) > OtherClock)) {
      return before;
    }
    const offset = this.inStep(media.track, reckoned);
    // Without a cut point there is nothing to be seen yet, and the next chunk may know better.
    place.offset = place.composition === undefined ? undefined : offset;
    return offset;
  }

  /** The connection broke: what comes next may be of another instance of the server. */
  doubt(): void {
    for (const place of this.places.values()) {
      place.unsure = true;
    }
  }

  private inStep(track: number, reckoned: number): number {
    const others = [...this.places].filter(([other]) => other !== track).map(([, place]) => place.offset);
    return others.find(other => other !== undefined && Math.abs(other - reckoned) < SameOffset) ?? reckoned;
  }

  private of(track: number): Place {
    let place = this.places.get(track);
    if (!place) {
      place = { scale: 1, unsure: false };
      this.places.set(track, place);
    }
    return place;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

/** One track's buffer and what waits for it. */
export class TrackBuffer {
  private readonly waiting: Step[] = [];

  /** @param mime what the buffer was made for */
  constructor(
    readonly buffer: SourceBuffer, private mime: string, private readonly video: Pick<HTMLVideoElement, 'currentTime'>, private readonly failed: (error: unknown) => void) {
    buffer.mode = 'segments';
    buffer.addEventListener('updateend', () => this.go());
    buffer.addEventListener('error', () => failed(new Error('the browser refused a chunk')));
  }

  /** Takes an init segment of a media type. */
  begin(data: Uint8Array, mime: string): void {
    this.push({ data, mime });
  }

  /** Takes a chunk. */
  add(data: Uint8Array, offset: number): void {
    this.push({ data, offset });
  }

  /** Whether the browser has everything. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && !this.buffer.updating;
  }

  private push(step: Step): void {
    if (this.waiting.length >= LongestQueue) {
      this.failed(new Error('the browser does not keep up'));
      return;
    }
    this.waiting.push(step);
    this.go();
  }

  private go(): void {
    if (this.buffer.updating) {
      return;
    }
    const next = this.waiting[0];
    try {
      const { buffered } = this.buffer;
      const old = this.video.currentTime - KeptBehind;
      if (buffered.length > 0 && buffered.start(0) < old - KeptBehind) {
        this.buffer.remove(0, old);
        return;
      }
      if (next) {
        if (next.mime !== undefined && next.mime !== this.mime) {
          this.buffer.changeType(next.mime);
          this.mime = next.mime;
        }
        if (next.offset !== undefined && this.buffer.timestampOffset !== next.offset) {
          this.buffer.timestampOffset = next.offset;
        }
        this.buffer.appendBuffer(next.data as BufferSource);
        this.waiting.shift();
      }
    } catch (error) {
      if (!this.makeRoom(error)) {
        this.failed(error);
      }
    }
  }

  /** Where the browser has no more room: gives what was played, and the chunk is tried again after that. */
  private makeRoom(error: unknown): boolean {
    const { buffered } = this.buffer;
    const played = this.video.currentTime - KeptWhenFull;
    if ((error as { name?: string }).name !== 'QuotaExceededError' || buffered.length === 0 || buffered.start(0) >= played) {
      return false;
    }
    this.buffer.remove(0, played);
    return true;
  }
}
