// Watches a video element as a viewer would, and listens to what comes out of it. The pages add how their player loads and switches.
"use strict";

const video = document.querySelector("video");

const probe = {
  samples: [],     // every 100 ms: [page time s, media time, buffered to, ready state]
  stalls: [],      // { from, to, at }: page seconds during which a playing element did not move, and the media time
  jumps: [],       // { time, from, to }: media time moved by something else than playing
  errors: [],      // { time, fatal, what }
  switches: [],    // { time, what }
  widths: [],      // { time, width }

  now() { return performance.now() / 1000; },
  note(list, entry) { if (list.length < 10000) list.push({ time: this.now(), ...entry }); },
};

// A frozen element shows up after 0.35 s: players gap-jump small holes sooner, and an ear forgives that as little as an eye.
const stallAfter = 0.35;
let last = null;
let stall = null;

function buffered() {
  for (let index = 0; index < video.buffered.length; index++) {
    if (video.buffered.start(index) <= video.currentTime + 0.1 && video.currentTime < video.buffered.end(index))
      return video.buffered.end(index);
  }
  return video.currentTime;
}

setInterval(() => {
  const now = probe.now();
  const at = video.currentTime;
  if (probe.samples.length < 36000)
    probe.samples.push([now, at, buffered(), video.readyState]);
  if (video.paused || video.played.length === 0) {
    last = null;
    return;
  }
  if (last === null) {
    last = { now, at, moved: now };
    return;
  }
  const step = at - last.at;
  const expected = (now - last.now) * video.playbackRate;
  if (Math.abs(step) > 0.001)
    last.moved = now;
  if (step < -0.01 || step > expected + 0.15)
    probe.note(probe.jumps, { from: last.at, to: at });
  if (now - last.moved > stallAfter) {
    if (stall === null) {
      stall = { from: last.moved, to: now, at };
      probe.stalls.push(stall);
    }
    stall.to = now;
  } else {
    stall = null;
  }
  last = { now, at, moved: last.moved };
}, 100);

// Which quality is seen, as it comes onto the screen.
video.addEventListener("resize", () => probe.note(probe.widths, { width: video.videoWidth }));

// What is heard: the element's decoded sound, one channel, the last minute of it.
const rate = 48000;
let heard = [];

// A worklet hears on the audio thread: a busy page delays its messages but loses none of them.
const tap = `registerProcessor("tap", class extends AudioWorkletProcessor {
  constructor() { super(); this.block = new Int16Array(4800); this.filled = 0; }
  process([input]) {
    const left = input[0], right = input[1] ?? left;
    for (let index = 0; index < (left?.length ?? 128); index++) {
      const sample = left ? (left[index] + right[index]) * 16384 : 0;
      this.block[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample)));
      if (this.filled === this.block.length) {
        this.port.postMessage(this.block);
        this.block = new Int16Array(4800);
        this.filled = 0;
      }
    }
    return true;
  }
});`;

probe.listen = async () => {
  const context = new AudioContext({ sampleRate: rate });
  await context.resume();
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([tap], { type: "text/javascript" })));
  const source = context.createMediaElementSource(video);
  const node = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  node.port.onmessage = event => {
    heard.push(event.data);
    if (heard.length > 600)
      heard.shift();
  };
  source.connect(node);
  source.connect(context.destination);
  return context.state;
};

// The next seconds of what is heard, as base64 of 16-bit samples.
probe.record = async seconds => {
  heard = [];
  const wanted = seconds * rate;
  const patience = probe.now() + seconds * 3 + 5;
  while (heard.reduce((sum, block) => sum + block.length, 0) < wanted && probe.now() < patience)
    await new Promise(resolve => setTimeout(resolve, 50));
  const bytes = new Uint8Array(heard.reduce((sum, block) => sum + block.byteLength, 0));
  let at = 0;
  for (const block of heard) {
    bytes.set(new Uint8Array(block.buffer), at);
    at += block.byteLength;
  }
  let text = "";
  for (let index = 0; index < bytes.length; index += 8192)
    text += String.fromCharCode(...bytes.subarray(index, index + 8192));
  return btoa(text);
};

probe.report = () => ({
  now: probe.now(),
  currentTime: video.currentTime,
  bufferedTo: buffered(),
  paused: video.paused,
  readyState: video.readyState,
  widths: probe.widths.map(seen => seen.width),
  decodedFrames: video.getVideoPlaybackQuality().totalVideoFrames,
  stalls: probe.stalls,
  jumps: probe.jumps,
  errors: probe.errors,
  switches: probe.switches,
});

video.addEventListener("error", () => probe.note(probe.errors, { fatal: true, what: `element: ${video.error?.message}` }));
