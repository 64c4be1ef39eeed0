import Hls, { ErrorDetails, ErrorTypes, Events, type ErrorData, type MediaPlaylist } from 'hls.js';
import type { Listener, Player, Track } from './player';

/** Plays with hls.js, and gets over what a live channel does to a player: outages, restarts of the server, damaged pieces. */
export class HlsPlayer implements Player {
  private hls!: Hls;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private mediaErrors: number[] = [];
  private wanted: { voice: string | undefined; caption: string | undefined };

  constructor(private readonly video: HTMLVideoElement, private readonly address: string, private readonly listener: Listener, voice?: string, caption?: string) {
    this.wanted = { voice, caption };
    this.open();
  }

  static get isSupported(): boolean {
    return Hls.isSupported();
  }

  get voices(): Track[] {
    return this.hls.audioTracks.map(describe);
  }

  get captions(): Track[] {
    return this.hls.subtitleTracks.map(describe);
  }

  get voice(): number {
    return this.hls.audioTrack;
  }

  get caption(): number {
    return this.hls.subtitleTrack;
  }

  get latency(): number | undefined {
    return this.hls.latestLevelDetails ? this.hls.latency : undefined;
  }

  chooseVoice(id: number): void {
    this.wanted.voice = this.hls.audioTracks[id]?.name;
    this.hls.audioTrack = id;
  }

  chooseCaption(id: number): void {
    this.wanted.caption = this.hls.subtitleTracks[id]?.name;
    this.hls.subtitleDisplay = id >= 0;
    this.hls.subtitleTrack = id;
  }

  close(): void {
    clearTimeout(this.retry);
    this.hls.destroy();
  }

  private open(): void {
    this.mediaErrors = [];
    this.hls = new Hls({
      liveSyncDurationCount: 3,
      // After a stall, a jump is better than minutes of delay.
      liveMaxLatencyDurationCount: 10,
      backBufferLength: 30,
      lowLatencyMode: false,
      enableCEA708Captions: true,
    });
    const { hls } = this;
    hls.subtitleDisplay = this.wanted.caption !== undefined;
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => this.restoreVoice());
    hls.on(Events.SUBTITLE_TRACKS_UPDATED, () => this.restoreCaption());
    hls.on(Events.AUDIO_TRACK_SWITCHED, () => this.listener.changed());
    hls.on(Events.SUBTITLE_TRACK_SWITCH, () => this.listener.changed());
    hls.on(Events.FRAG_BUFFERED, () => this.well());
    hls.on(Events.ERROR, (_, error) => this.fail(error));
    hls.attachMedia(this.video);
    hls.loadSource(this.address);
  }

  // A fresh start, of this page or of the server, keeps what the viewer had chosen, by name: numbers may differ.
  private restoreVoice(): void {
    const id = this.hls.audioTracks.findIndex(t => t.name === this.wanted.voice);
    if (id >= 0 && id !== this.hls.audioTrack) {
      this.hls.audioTrack = id;
    }
    this.listener.changed();
  }

  private restoreCaption(): void {
    const id = this.hls.subtitleTracks.findIndex(t => t.name === this.wanted.caption);
    this.hls.subtitleTrack = id;
    this.hls.subtitleDisplay = id >= 0;
    this.listener.changed();
  }

  private well(): void {
    this.failures = 0;
    this.listener.trouble(undefined);
  }

  private fail(error: ErrorData): void {
    if (!error.fatal) {
      return;
    }
    if (error.type === ErrorTypes.MEDIA_ERROR && error.details !== ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
      this.recoverMedia(error);
      return;
    }
    this.failures++;
    this.listener.trouble(describeError(error));
    const again = Math.min(1000 * 2 ** (this.failures - 1), 8000);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (error.type === ErrorTypes.NETWORK_ERROR && this.hls.levels.length > 0 && this.failures < 4) {
        this.hls.startLoad();
      } else {
        this.reopen();
      }
    }, again);
  }

  // Twice in ten seconds the decoder is only reset; more often, everything begins anew.
  private recoverMedia(error: ErrorData): void {
    const now = performance.now();
    this.mediaErrors = [...this.mediaErrors.filter(t => now - t < 10_000), now];
    if (this.mediaErrors.length <= 2) {
      this.hls.recoverMediaError();
      return;
    }
    this.listener.trouble(describeError(error));
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.reopen(), 2000);
  }

  private reopen(): void {
    const playing = !this.video.paused;
    this.hls.destroy();
    this.open();
    if (playing) {
      this.video.play().catch(() => this.listener.changed());
    }
  }
}

function describe(track: MediaPlaylist, id: number): Track {
  return { id, name: track.name, language: track.lang ?? '' };
}

function describeError(error: ErrorData): string {
  const status = error.response?.code;
  switch (error.details) {
    case ErrorDetails.MANIFEST_LOAD_ERROR:
    case ErrorDetails.MANIFEST_LOAD_TIMEOUT:
      return status === 404 || status === 503 ? 'The channel has nothing to play yet. Trying again…' : 'The channel cannot be reached. Trying again…';
    case ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR:
      return 'This browser cannot decode the channel’s picture or sound.';
    default:
      return error.type === ErrorTypes.NETWORK_ERROR
        ? `Picture or sound cannot be loaded${status ? ` (${status})` : ''}. Trying again…`
        : 'The player stumbled over the picture or the sound. Trying again…';
  }
}
