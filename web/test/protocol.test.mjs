// Written from docs/protocol.md's tables, byte by byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSample, timescale } from '../src/socket/mp4';
import { ack, mimeOf, readMedia, readText, resumeFrom, select, socketAddress } from '../src/socket/protocol';
import { Placing, TrackBuffer } from '../src/socket/source-buffers';

function message({ kind = 2, track = 2, flags = 0, header = 40, generation = 7, sequence = 42n, source = 1_790_000_000_000_000n, published = 1_790_000_008_500_000n,
  duration = 500_000, rendition = 1, payload = [9, 8, 7] } = {}) {
  const data = new ArrayBuffer(header + payload.length);
  const view = new DataView(data);
  view.setUint8(0, kind);
  view.setUint8(1, track);
  view.setUint8(2, flags);
  view.setUint8(3, header);
  view.setUint32(4, generation);
  view.setBigUint64(8, sequence);
  view.setBigInt64(16, source);
  view.setBigInt64(24, published);
  view.setUint32(32, duration);
  view.setUint16(36, rendition);
  new Uint8Array(data, header).set(payload);
  return data;
}

const box = (type, ...contents) => {
  const body = contents.flatMap(c => [...c]);
  return [...u32(8 + body.length), ...[...type].map(c => c.charCodeAt(0)), ...body];
};
const u32 = value => [value >>> 24 & 255, value >>> 16 & 255, value >>> 8 & 255, value & 255];
const init = scale => Uint8Array.from(box('ftyp').concat(box('moov', box('trak', box('mdia', box('mdhd', u32(0), u32(0), u32(0), u32(scale), u32(0)))))));
const chunk = (time, offset) => Uint8Array.from(box('moof', box('traf',
  box('tfdt', u32(0x01000000), u32(0), u32(time)),
  offset === undefined ? [] : box('trun', u32(0x01000a01), u32(1), u32(100), u32(5), u32(offset)))));

test('the header is read where the table says', () => {
  const { payload, ...rest } = readMedia(message({ flags: 5 }));
  assert.deepEqual(rest, {
    kind: 'chunk', track: 2, cut: true, broken: false, ends: true, empty: false, generation: 7, sequence: 42,
    sourceTime: 1_790_000_000_000_000, publishedAt: 1_790_000_008_500_000, duration: 500_000, rendition: 1,
  });
  assert.deepEqual([...payload], [9, 8, 7]);
});

test('a hole has a place in the sequence and no media', () => {
  const hole = readMedia(message({ flags: 8, payload: [] }));
  assert.deepEqual([hole.empty, hole.cut, hole.broken, hole.sequence, hole.payload.length], [true, false, false, 42, 0]);
  assert.equal(readMedia(message({ flags: 10, payload: [] })).broken, true);
});

test('a longer header is passed over, what is unknown or cut short is ignored', () => {
  assert.deepEqual([...readMedia(message({ header: 48 })).payload], [9, 8, 7]);
  assert.equal(readMedia(message({ kind: 1 })).kind, 'init');
  assert.equal(readMedia(message({ kind: 3 })), undefined);
  assert.equal(readMedia(new ArrayBuffer(39)), undefined);
  const lying = message();
  new DataView(lying).setUint8(3, 200);
  assert.equal(readMedia(lying), undefined);
  new DataView(lying).setUint8(3, 8);
  assert.equal(readMedia(lying), undefined);
});

test('unknown messages and what is no message are ignored', () => {
  assert.equal(readText('{"type":"bye","reason":"shutdown","reconnect":true,"afterMs":1200,"more":1}').reason, 'shutdown');
  for (const text of ['{"type":"news"}', '{"type":5}', '[]', 'null', '{', '']) {
    assert.equal(readText(text), undefined, text);
  }
});

test('what is asked for stands in the address', () => {
  assert.equal(
    socketAddress('https://tv.example/t/', 'a b', { lang: 'es', media: 'av', token: undefined, resume: resumeFrom({ audio: 5, video: 9 }) }),
    'wss://tv.example/t/ws/live/a%20b?lang=es&media=av&resume=audio%3A5%2Cvideo%3A9');
  assert.equal(new URL(socketAddress('http://h/', 'c', {})).protocol, 'ws:');
  assert.equal(resumeFrom({}), undefined);
  assert.equal(resumeFrom({ video: 0 }), 'video:0');
  assert.deepEqual(JSON.parse(select('fr')), { type: 'select', language: 'fr' });
  assert.deepEqual(JSON.parse(ack(2, 9, 1.6, 1800.4)), { type: 'ack', track: 2, sequence: 9, receivedAt: 2, bufferMs: 1800 });
});

test('a track’s clock and a chunk’s first sample are found', () => {
  assert.equal(timescale(init(48_000)), 48_000);
  assert.deepEqual(firstSample(chunk(96_000)), { decode: 96_000, composition: 0 });
  assert.deepEqual(firstSample(chunk(96_000, 3_600)), { decode: 96_000, composition: 3_600 });
  assert.equal(timescale(Uint8Array.from([1, 2, 3])), undefined);
  assert.equal(firstSample(Uint8Array.from(box('moof', box('traf')))), undefined);
  // A box that claims to be longer than what there is.
  assert.equal(firstSample(Uint8Array.from([...u32(5000), ...[...'moof'].map(c => c.charCodeAt(0))])), undefined);
});

const media = (track, sourceTime, payload, { broken = false, cut = true } = {}) => ({ track, sourceTime, payload, broken, cut });

test('picture and voice keep their distance, and source time goes on after a break', () => {
  const placing = new Placing();
  placing.init({ track: 1, payload: init(90_000) });
  placing.init({ track: 2, payload: init(48_000) });
  const video = placing.offset(media(1, 1_000_000_000, chunk(900_000)));
  const audio = placing.offset(media(2, 1_000_010_000, chunk(480_000)));
  assert.equal(video, 0);
  // 10 ms by the header are the track's own rounding: both tracks have one offset.
  assert.equal(audio, video);
  assert.equal(placing.offset(media(2, 1_000_510_000, chunk(504_000))), audio);
  // The track's times begin anew; source time has moved on by 2 s.
  assert.equal(placing.offset(media(1, 1_002_000_000, chunk(0), { broken: true })), 12);
  assert.equal(placing.zero, 990_000_000);
});

// 25 pictures a second that are shown at least 80 ms after they are decoded. Source time is that of decoding and 80 ms.
const picture = (decode, composition, cut) => media(1, 1_000_080_000 + (decode - 900_000) / 0.09, chunk(decode, composition), { cut });

test('a picture in the middle of a group has the offset of its key frame, after a reconnect too', () => {
  const placing = new Placing();
  placing.init({ track: 1, payload: init(90_000) });
  placing.init({ track: 2, payload: init(48_000) });
  const offset = placing.offset(picture(900_000, 7_200, true));
  assert.ok(Math.abs(offset + 0.08) < 1e-9);
  assert.equal(placing.offset(media(2, 1_000_000_000, chunk(480_000))), offset);
  placing.doubt();
  assert.equal(placing.init({ track: 1, payload: init(90_000) }), false);
  assert.equal(placing.offset(picture(928_800, 14_400, false)), offset, 'a P picture');
  placing.doubt();
  assert.equal(placing.offset(picture(957_600, 0, false)), offset, 'a B picture');
  assert.equal(placing.offset(media(2, 1_000_640_000, chunk(510_720))), offset);
});

test('source time that drifted moves nothing at a reconnect, a server that counts from elsewhere does', () => {
  const placing = new Placing();
  placing.init({ track: 2, payload: init(48_000) });
  const offset = placing.offset(media(2, 1_000_000_000, chunk(480_000)));
  placing.doubt();
  assert.equal(placing.offset(media(2, 1_000_820_000, chunk(504_000))), offset);
  placing.doubt();
  assert.equal(placing.offset(media(2, 1_001_000_000, chunk(0))), offset + 11);
});

test('an init segment that differs is told, and what was known of the one before holds no more', () => {
  const placing = new Placing();
  assert.equal(placing.init({ track: 1, payload: init(90_000) }), true);
  assert.equal(placing.init({ track: 1, payload: init(90_000) }), false);
  assert.equal(placing.init({ track: 2, payload: init(90_000) }), true, 'of another track');
  const offset = placing.offset(picture(900_000, 7_200, true));
  placing.doubt();
  assert.equal(placing.init({ track: 1, payload: init(45_000) }), true);
  // In the middle of a group nothing is known of the key frame, so the next chunk says it anew.
  placing.offset(media(1, 1_000_400_000, chunk(464_400, 7_200), { cut: false }));
  assert.equal(placing.offset(media(1, 1_000_720_000, chunk(478_800, 3_600))), offset);
});

test('a hole has no place of its own, and one with a jump lets the next chunk say its own', () => {
  const placing = new Placing();
  const hole = (sourceTime, broken) => ({ track: 2, sourceTime, payload: new Uint8Array(), cut: false, empty: true, broken });
  placing.init({ track: 2, payload: init(48_000) });
  assert.equal(placing.offset(hole(999_000_000, true)), undefined);
  const offset = placing.offset(media(2, 1_000_000_000, chunk(480_000)));
  assert.equal(placing.offset(hole(1_000_500_000, false)), undefined);
  assert.equal(placing.offset(media(2, 1_001_000_000, chunk(528_000))), offset);
  assert.equal(placing.offset(hole(1_004_000_000, true)), undefined);
  assert.equal(placing.offset(media(2, 1_005_000_000, chunk(0))), 5 - placing.zero / 1e6 + 1000);
});

test('an init segment has the media type that was told last of its track, else its rendition’s own, else its track’s', () => {
  const hello = {
    tracks: [{ track: 1, kind: 'video', mime: 'avc' }, { track: 2, kind: 'audio', mime: 'aac' }],
    renditions: [{ rendition: 0, language: 'original', mime: 'mp3' }, { rendition: 1, language: 'es' }],
  };
  const of = (track, rendition, changed) => mimeOf({ track, rendition, sequence: 42 }, hello, changed);
  assert.equal(of(2, 0), 'mp3');
  assert.equal(of(2, 1), 'aac');
  assert.equal(of(1, 0), 'avc', 'the picture has no rendition');
  assert.equal(of(1, 0, { fromSequence: 42, mime: 'hevc' }), 'hevc');
  assert.equal(of(2, 0, { fromSequence: 43, mime: 'opus' }), 'mp3', 'not yet');
});

test('a buffer changes its type before an init segment of another one, and only then', () => {
  const done = [];
  const buffer = {
    updating: false,
    buffered: [],
    timestampOffset: 0,
    addEventListener: () => undefined,
    changeType: mime => done.push(mime),
    appendBuffer: data => done.push(data[0]),
  };
  const track = new TrackBuffer(buffer, 'aac', { currentTime: 0 }, assert.fail);
  track.begin([1], 'aac');
  track.add([2], 5);
  track.begin([3], 'mp3');
  track.begin([4], 'mp3');
  track.begin([5], 'aac');
  assert.deepEqual(done, [1, 2, 'mp3', 3, 4, 'aac', 5]);
  assert.equal(buffer.timestampOffset, 5, 'an init segment moves nothing');
});
