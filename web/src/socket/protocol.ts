// Reads what a server of tandem.v1 sends (docs/protocol.md). Pure: bytes and text in, values out.

export const Subprotocol = 'tandem.v1';

const LeastHeader = 40;

export interface TrackInfo {
  track: number;
  kind: 'video' | 'audio';
  mime: string;
}

export interface Rendition {
  rendition: number;
  language: string;
  name?: string;
  source?: string;
  locked?: boolean;
  /** Where it differs from the sound track's. */
  mime?: string;
}

export interface Hello {
  type: 'hello';
  protocol: string;
  channel: string;
  session: string;
  delayMs: number;
  media: 'av' | 'audio';
  language: string;
  tracks: TrackInfo[];
  renditions: Rendition[];
  segmentMs?: number;
  chunkMs?: number;
  serverTime?: number;
}

export interface Status {
  type: 'status';
  state: 'dubbed' | 'fallback' | 'original';
  reason?: string | null;
  language: string;
  behindLiveMs?: number;
  bufferHealth?: number;
  serverTime?: number;
}

export interface Caption {
  type: 'caption';
  language: string;
  id: string;
  text: string;
  /** Source time, µs. */
  start: number;
  end: number;
}

export interface Notice {
  type: 'notice';
  code: string;
  detail?: string;
  track?: number;
  from?: number;
  to?: number;
  language?: string;
  fromSequence?: number;
  mime?: string;
}

export interface Bye {
  type: 'bye';
  reason: string;
  detail?: string;
  reconnect?: boolean;
  afterMs?: number;
}

export type TextMessage = Hello | Status | Caption | Notice | Bye;

const Known = new Set(['hello', 'status', 'caption', 'notice', 'bye']);

/** A text message; undefined for what is not known, which is to be ignored. */
export function readText(text: string): TextMessage | undefined {
  try {
    const message = JSON.parse(text) as { type?: unknown } | null;
    return message && typeof message.type === 'string' && Known.has(message.type) ? (message as TextMessage) : undefined;
  } catch {
    return undefined;
  }
}

/** A binary message. */
export interface Media {
  kind: 'init' | 'chunk';
  track: number;
  /** Decoding can begin here. */
  cut: boolean;
  /** First after a discontinuity of source time. */
  broken: boolean;
  /** Ends its segment. */
  ends: boolean;
  /** Time without media: there is no payload. */
  empty: boolean;
  generation: number;
  sequence: number;
  /** µs since 1970 on the axis of EXT-X-PROGRAM-DATE-TIME. */
  sourceTime: number;
  /** µs since 1970 on the server's clock. */
  publishedAt: number;
  /** µs. */
  duration: number;
  rendition: number;
  payload: Uint8Array;
}

/** A binary message; undefined for kinds that are not known and for what is too short. */
export function readMedia(data: ArrayBuffer): Media | undefined {
  if (data.byteLength < LeastHeader) {
    return undefined;
  }
  const view = new DataView(data);
  const kind = view.getUint8(0);
  const header = view.getUint8(3);
  if ((kind !== 1 && kind !== 2) || header < LeastHeader || header > data.byteLength) {
    return undefined;
  }
  const flags = view.getUint8(2);
  return {
    kind: kind === 1 ? 'init' : 'chunk',
    track: view.getUint8(1),
    cut: (flags & 1) !== 0,
    broken: (flags & 2) !== 0,
    ends: (flags & 4) !== 0,
    empty: (flags & 8) !== 0,
    generation: view.getUint32(4),
    // Below 2^53 for 285 years of microseconds, and for ever of chunks.
    sequence: Number(view.getBigUint64(8)),
    sourceTime: Number(view.getBigInt64(16)),
    publishedAt: Number(view.getBigInt64(24)),
    duration: view.getUint32(32),
    rendition: view.getUint16(36),
    payload: new Uint8Array(data, header),
  };
}

/** What SourceBuffer is to be told of an init segment: the media type that its track went on with, else that of its rendition, else of its track. */
export function mimeOf(init: Media, hello: Hello, changed: Notice | undefined): string | undefined {
  if (changed?.mime !== undefined && init.sequence >= (changed.fromSequence ?? 0)) {
    return changed.mime;
  }
  const track = hello.tracks.find(t => t.track === init.track);
  const rendition = track?.kind === 'audio' ? hello.renditions.find(r => r.rendition === init.rendition) : undefined;
  return rendition?.mime ?? track?.mime;
}

/** The address of a channel's socket. */
export function socketAddress(server: string, channel: string, query: Record<string, string | undefined>): string {
  const address = new URL(`ws/live/${encodeURIComponent(channel)}`, server);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      address.searchParams.set(name, value);
    }
  }
  return address.toString();
}

export const select = (language: string): string => JSON.stringify({ type: 'select', language });

export const ack = (track: number, sequence: number, receivedAt: number, bufferMs: number): string =>
  JSON.stringify({ type: 'ack', track, sequence, receivedAt: Math.round(receivedAt), bufferMs: Math.round(bufferMs) });

/** What is wanted next of each track, for `resume`; undefined where nothing was had. */
export function resumeFrom(next: { audio?: number | undefined; video?: number | undefined }): string | undefined {
  const parts = [next.audio === undefined ? undefined : `audio:${next.audio}`, next.video === undefined ? undefined : `video:${next.video}`];
  return parts.filter(p => p !== undefined).join(',') || undefined;
}
