// Makes the original louder under the dub: a second, silent player of the original runs in step with the first and is heard while the dub speaks.
// Elsewhere the voice is the original already, at its full level, and a second one beside it would sound like a cave.

import Hls from 'hls.js';
import type { HlsPlayer } from './hls-player';
import { catchUp, isSpeaking } from './speaking';
import { credentials } from './state';

/** How soon it fades in and out, as a time constant, s. */
const Fade = 0.05;

/** After how long the original is asked for again when it could not be had, ms. */
const AskAgain = 5000;

export class OriginalLevel {
  private context: AudioContext | undefined;
  private gain: GainNode | undefined;
  private audio: HTMLAudioElement | undefined;
  private hls: Hls | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private level = 0;

  constructor(private readonly video: HTMLVideoElement, private readonly player: HlsPlayer, private readonly token: () => string | undefined) {}

  static get isSupported(): boolean {
    return typeof AudioContext === 'function';
  }

  /** Whether there is an original to mix in beside the voice that is heard. */
  get isPossible(): boolean {
    const voice = this.player.voices.find(v => v.id === this.player.voice);
    return voice !== undefined && !voice.original && this.player.originalAddress !== undefined;
  }

  /** How much of the original is added under the dub, 0 to 1; called from a click or a key, without which browsers allow no sound. */
  set(level: number): void {
    this.level = level;
    if (level > 0 && !this.hls) {
      this.open();
    }
    if (level === 0) {
      this.close();
    }
  }

  close(): void {
    clearInterval(this.beat);
    clearTimeout(this.again);
    this.hls?.destroy();
    this.audio?.removeAttribute('src');
    void this.context?.close();
    this.hls = this.audio = this.gain = this.context = this.beat = this.again = undefined;
  }

  private open(): void {
    clearTimeout(this.again);
    this.again = undefined;
    const address = this.player.originalAddress;
    if (!address) {
      // Not known while the first player begins anew.
      this.again = setTimeout(() => this.open(), AskAgain);
      return;
    }
    this.player.loadCues();
    this.context = new AudioContext();
    this.audio = new Audio();
    this.gain = this.context.createGain();
    this.gain.gain.value = 0;
    this.context.createMediaElementSource(this.audio).connect(this.gain).connect(this.context.destination);
    void this.context.resume();
    this.hls = new Hls({
      backBufferLength: 10,
      // hls.js takes the second only beside the first.
      liveSyncDurationCount: 3,
      liveMaxLatencyDurationCount: 20,
      xhrSetup: request => {
        for (const [name, value] of Object.entries(credentials(this.token()))) {
          request.setRequestHeader(name, value);
        }
      },
    });
    this.hls.on(Hls.Events.ERROR, (_, { fatal }) => {
      if (fatal && this.again === undefined) {
        this.again = setTimeout(() => {
          this.close();
          this.open();
        }, AskAgain);
      }
    });
    this.hls.attachMedia(this.audio);
    this.hls.loadSource(address);
    this.beat = setInterval(() => this.step(), 100);
  }

  private step(): void {
    const { audio, gain, context, hls, video } = this;
    if (!audio || !gain || !context || !hls) {
      return;
    }
    const here = this.player.playingAt;
    const there = hls.playingDate?.getTime();
    const inStep = this.isPossible && here !== undefined && !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    let heard = inStep && isSpeaking(this.player.cues, video.currentTime) ? this.level * (video.muted ? 0 : video.volume) : 0;
    if (inStep && audio.paused) {
      audio.play().catch(() => undefined);
    } else if (!inStep && !audio.paused) {
      audio.pause();
    }
    if (inStep && there !== undefined) {
      const step = catchUp((here - there) / 1000);
      if ('jump' in step) {
        audio.currentTime += step.jump;
        heard = 0;
      } else {
        audio.playbackRate = video.playbackRate * step.rate;
      }
    } else {
      heard = 0;
    }
    gain.gain.setTargetAtTime(heard, context.currentTime, Fade);
  }
}
