// The two times that are needed of a fragmented MP4 (ISO/IEC 14496-12): how fast a track's clock ticks, and when a chunk begins. Pure.

interface Box {
  type: string;
  start: number;
  end: number;
}

function* boxes(data: Uint8Array, from: number, to: number): Generator<Box> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = from;
  while (at + 8 <= to) {
    let size = view.getUint32(at);
    let header = 8;
    const type = String.fromCharCode(...data.subarray(at + 4, at + 8));
    if (size === 1 && at + 16 <= to) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) {
      size = to - at;
    }
    if (size < header || at + size > to) {
      return;
    }
    yield { type, start: at + header, end: at + size };
    at += size;
  }
}

function find(data: Uint8Array, path: string[]): Box | undefined {
  let inside: Box = { type: '', start: 0, end: data.byteLength };
  for (const type of path) {
    const next = [...boxes(data, inside.start, inside.end)].find(b => b.type === type);
    if (!next) {
      return undefined;
    }
    inside = next;
  }
  return inside;
}

/** Ticks a second of an init segment's first track (mdhd, 8.4.2); undefined where it cannot be found. */
export function timescale(init: Uint8Array): number | undefined {
  const box = find(init, ['moov', 'trak', 'mdia', 'mdhd']);
  if (!box) {
    return undefined;
  }
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
  const at = box.start + (view.getUint8(box.start) === 1 ? 20 : 12);
  const value = at + 4 <= box.end ? view.getUint32(at) : 0;
  return value > 0 ? value : undefined;
}

/** When a chunk's first sample is decoded, and how much later it is shown, in ticks. */
export interface FirstSample {
  decode: number;
  composition: number;
}

/** A chunk's first sample by tfdt (8.8.12) and trun (8.8.8); undefined where it cannot be found. */
export function firstSample(chunk: Uint8Array): FirstSample | undefined {
  const base = find(chunk, ['moof', 'traf', 'tfdt']);
  if (!base) {
    return undefined;
  }
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const wide = view.getUint8(base.start) === 1;
  if (base.start + (wide ? 12 : 8) > base.end) {
    return undefined;
  }
  const decode = wide ? Number(view.getBigUint64(base.start + 4)) : view.getUint32(base.start + 4);
  const run = find(chunk, ['moof', 'traf', 'trun']);
  return { decode, composition: run ? firstOffset(view, run) : 0 };
}

function firstOffset(view: DataView, run: Box): number {
  const flags = view.getUint32(run.start) & 0xffffff;
  if ((flags & 0x800) === 0 || view.getUint32(run.start + 4) === 0) {
    return 0;
  }
  let at = run.start + 8;
  for (const optional of [0x1, 0x4, 0x100, 0x200, 0x400]) {
    at += (flags & optional) !== 0 ? 4 : 0;
  }
  return at + 4 <= run.end ? view.getInt32(at) : 0;
}
