// A client of tandem.v1, written from docs/protocol.md alone: joins, plays through MediaSource, selects, acknowledges, resumes.
// It checks what the document promises and keeps what it found wrong in `faults`.

const KIND_INIT = 1;
const KIND_CHUNK = 2;
const PICTURE = 1;
const SOUND = 2;
const CUT = 1;
const BREAK = 2;
const EMPTY = 8;

class Track {
  constructor(number) {
    this.number = number;
    this.next = null; // sequence wanted next
    this.expected = null; // source time of the next chunk, microseconds
    this.generation = null; // generation and rendition whose init segment was got
    this.init = null;
    this.timescale = 0;
    this.buffer = null;
    this.queue = [];
    this.chunks = 0;
    this.longest = 0;
    this.renditions = new Set();
  }
}

class Client {
  constructor() {
    this.video = document.getElementById('video');
    this.faults = [];
    this.texts = [];
    this.tracks = { [PICTURE]: new Track(PICTURE), [SOUND]: new Track(SOUND) };
    this.sockets = 0;
    this.loud = 0;
    this.stalls = 0;
    this.offset = null; // timestampOffset, s
    this.acked = { [PICTURE]: 0, [SOUND]: 0 };
    this.log = [];
    this.kept = [];
  }

  /** Connects; the result comes with `hello`. */
  connect(address, { lang, media = 'av', resume = false } = {}) {
    const url = new URL(address);
    if (lang) url.searchParams.set('lang', lang);
    url.searchParams.set('media', media);
    if (resume) {
      const wanted = Object.entries({ audio: this.tracks[SOUND].next, video: this.tracks[PICTURE].next });
      url.searchParams.set('resume', wanted.filter(([, next]) => next !== null).map(([name, next]) => `${name}:${next}`).join(','));
    }
    this.sockets++;
    const socket = new WebSocket(url, ['tandem.v1']);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.closed = null;
    for (const track of Object.values(this.tracks)) track.generation = null;
    return new Promise((resolve, reject) => {
      socket.onmessage = (event) => {
        try {
          if (typeof event.data === 'string') this.text(JSON.parse(event.data), resolve);
          else this.binary(event.data);
        } catch (error) {
          this.faults.push(String(error.stack || error));
        }
      };
      socket.onclose = (event) => {
        this.closed = { code: event.code, reason: event.reason };
        reject(new Error(`closed with ${event.code}`));
      };
    });
  }

  text(message, greeted) {
    this.texts.push(message);
    if (message.type === 'hello') {
      this.hello = message;
      if (!this.source) this.open(message);
      greeted(message);
    }
  }

  /** A MediaSource with a buffer for each track that is sent. */
  open(hello) {
    this.source = new MediaSource();
    this.video.src = URL.createObjectURL(this.source);
    this.video.addEventListener('waiting', () => this.stalls++);
    this.video.addEventListener('error', () => this.faults.push(`the element failed: ${this.video.error.message}`));
    this.source.addEventListener('sourceopen', () => {
      for (const { track, mime } of hello.tracks) {
        const buffer = this.source.addSourceBuffer(mime);
        buffer.mode = 'segments';
        buffer.addEventListener('updateend', () => this.pump(this.tracks[track]));
        buffer.addEventListener('error', () => this.faults.push(`track ${track}: the buffer failed`));
        this.tracks[track].buffer = buffer;
        this.pump(this.tracks[track]);
      }
    });
  }

  binary(data) {
    const view = new DataView(data);
    const kind = view.getUint8(0);
    const track = this.tracks[view.getUint8(1)];
    if ((kind !== KIND_INIT && kind !== KIND_CHUNK) || !track) return;
    const message = {
      flags: view.getUint8(2),
      generation: view.getUint32(4),
      sequence: Number(view.getBigUint64(8)),
      sourceTime: Number(view.getBigInt64(16)),
      published: Number(view.getBigInt64(24)),
      duration: view.getUint32(32),
      rendition: view.getUint16(36),
      payload: new Uint8Array(data, view.getUint8(3)),
    };
    if (this.kept.length < this.keeping) this.kept.push({ kind, track: track.number, ...message });
    if (kind === KIND_INIT) this.takeInit(track, message);
    else this.takeChunk(track, message);
  }

  takeInit(track, message) {
    track.generation = `${message.generation}/${message.rendition}`;
    track.announced = message.sequence;
    const same = track.init && track.init.length === message.payload.length && track.init.every((value, index) => value === message.payload[index]);
    if (same) return;
    track.init = message.payload;
    track.timescale = timescaleOf(message.payload);
    track.queue.push({ bytes: message.payload });
    this.pump(track);
  }

  takeChunk(track, message) {
    if (track.next !== null && message.sequence !== track.next)
      this.faults.push(`track ${track.number}: ${message.sequence} came in place of ${track.next}`);
    const seam = track.rendition === message.rendition ? 1000 : 50_000;
    if (track.expected !== null && !(message.flags & BREAK) && Math.abs(message.sourceTime - track.expected) > seam)
      this.faults.push(`track ${track.number}: source time ${message.sourceTime} came in place of ${track.expected}`);
    if (message.duration > 500_000) this.faults.push(`track ${track.number}: a chunk of ${message.duration} µs`);
    track.rendition = message.rendition;
    track.next = message.sequence + 1;
    track.expected = message.sourceTime + message.duration;
    if (message.flags & EMPTY) return;
    if (track.generation !== `${message.generation}/${message.rendition}`)
      this.faults.push(`track ${track.number}: no init segment came before ${message.sequence}`);
    if (track.announced !== undefined && track.announced !== message.sequence)
      this.faults.push(`track ${track.number}: the init segment announced ${track.announced}, not ${message.sequence}`);
    if (track.chunks === 0 && !(message.flags & CUT)) this.faults.push(`track ${track.number}: begins with no cut point`);
    track.announced = undefined;
    track.chunks++;
    track.renditions.add(message.rendition);
    this.log.push([track.number, message.sequence, message.rendition, message.published]);
    if (this.offset === null && track.number === SOUND) {
      // Source time 0 of this page is that of the first sound; pictures share the axis.
      this.base = message.sourceTime;
      this.offset = -decodeTimeOf(message.payload) / track.timescale;
      for (const other of Object.values(this.tracks)) this.pump(other);
    }
    track.queue.push({ bytes: message.payload });
    this.pump(track);
    this.acknowledge(track, message);
  }

  acknowledge(track, message) {
    const now = Date.now();
    if (now - this.acked[track.number] < 1000 || this.socket.readyState !== WebSocket.OPEN) return;
    this.acked[track.number] = now;
    this.socket.send(JSON.stringify({
      type: 'ack', track: track.number, sequence: message.sequence, receivedAt: now, bufferMs: Math.round(1000 * this.buffered()),
    }));
  }

  pump(track) {
    const buffer = track.buffer;
    if (!buffer || buffer.updating || track.queue.length === 0 || this.offset === null) return;
    if (buffer.timestampOffset !== this.offset) buffer.timestampOffset = this.offset;
    buffer.appendBuffer(track.queue.shift().bytes);
  }

  select(language) {
    this.socket.send(JSON.stringify({ type: 'select', language }));
  }

  /** Seconds that are buffered ahead. */
  buffered() {
    const { buffered, currentTime } = this.video;
    for (let index = 0; index < buffered.length; index++)
      if (buffered.start(index) <= currentTime + 0.1 && currentTime < buffered.end(index)) return buffered.end(index) - currentTime;
    return 0;
  }

  /** Plays from where both tracks have something, once a second of it is there. */
  async play() {
    await until(() => this.video.buffered.length > 0 && this.video.buffered.end(0) - this.video.buffered.start(0) > 1);
    this.video.currentTime = this.video.buffered.start(0) + 0.05;
    this.video.muted = false;
    const context = new AudioContext();
    const meter = context.createAnalyser();
    const element = context.createMediaElementSource(this.video);
    element.connect(meter);
    meter.connect(context.destination);
    const samples = new Float32Array(meter.fftSize);
    setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > 0.01)) this.loud++;
    }, 50);
    await context.resume();
    await this.video.play();
  }

  /** What a test wants to know. */
  report() {
    const quality = this.video.getVideoPlaybackQuality();
    return {
      faults: this.faults,
      hello: this.hello,
      statuses: this.texts.filter((text) => text.type === 'status'),
      notices: this.texts.filter((text) => text.type === 'notice'),
      captions: this.texts.filter((text) => text.type === 'caption'),
      bye: this.texts.find((text) => text.type === 'bye') ?? null,
      closed: this.closed,
      currentTime: this.video.currentTime,
      buffered: this.buffered(),
      decodedFrames: quality.totalVideoFrames,
      decodedSound: this.video.webkitAudioDecodedByteCount,
      width: this.video.videoWidth,
      loud: this.loud,
      stalls: this.stalls,
      pictures: this.tracks[PICTURE].chunks,
      sounds: this.tracks[SOUND].chunks,
      renditions: [...this.tracks[SOUND].renditions],
      last: this.log.at(-1) ?? null,
    };
  }
}

/** Units a second of the only track of an init segment (`mdhd`). */
function timescaleOf(bytes) {
  const at = find(bytes, 'mdhd');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return view.getUint8(4) === 0 ? view.getUint32(16) : view.getUint32(24);
}

/** `tfdt` of a chunk. */
function decodeTimeOf(bytes) {
  const at = find(bytes, 'tfdt');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return view.getUint8(4) === 0 ? view.getUint32(8) : Number(view.getBigUint64(8));
}

function find(bytes, type) {
  const letters = [...type].map((letter) => letter.charCodeAt(0));
  for (let at = 0; at + 4 <= bytes.length; at++) if (letters.every((letter, index) => bytes[at + index] === letter)) return at;
  throw new Error(`no ${type}`);
}

async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

window.client = new Client();
