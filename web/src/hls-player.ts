import Hls, { ErrorDetails, ErrorTypes, Events, type ErrorData, type MediaPlaylist } from 'hls.js';
import { wanted, type Listener, type Player, type PlayerOptions, type Track } from './player';
import { credentials } from './state';
import type { Problem } from './words/strings';

/** Plays with hls.js, and gets over what a live channel does to a player: outages, restarts of the server, damaged pieces. */
export class HlsPlayer implements Player {
  readonly kind = 'hls';
  private hls!: Hls;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  // What the addresses of the master playlist that plays were had with.
  private openedWith: string | undefined;
  private mediaErrors: number[] = [];
  private want: { voice: string | undefined; caption: string | undefined };

  constructor(private readonly video: HTMLVideoElement, private readonly options: PlayerOptions, private readonly listener: Listener) {
    this.want = { voice: options.voice, caption: options.caption };
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
    return this.hls.subtitleDisplay ? this.hls.subtitleTrack : -1;
  }

  get playingAt(): number | undefined {
    return this.hls.playingDate?.getTime();
  }

  get wantedAhead(): number {
    return this.hls.targetLatency ?? 6;
  }

  /** Address of the original's own playlist; undefined where it is none of its own. */
  get originalAddress(): string | undefined {
    return this.hls.audioTracks.find(isOriginal)?.url;
  }

  /** When the voice that is heard speaks: its captions, loaded though perhaps not shown, on the element's time line. */
  get cues(): ArrayLike<TextTrackCue> {
    const tracks = [...this.video.textTracks].filter(t => t.mode !== 'disabled' && t.kind !== 'metadata');
    return tracks.find(t => t.cues)?.cues ?? [];
  }

  /** Loads the captions of the voice that is heard, without showing them, if none are shown. */
  loadCues(): void {
    const language = this.hls.audioTracks[this.hls.audioTrack]?.lang;
    const id = this.hls.subtitleTracks.findIndex(t => t.lang === language);
    if (this.want.caption === undefined && id >= 0 && this.hls.subtitleTrack !== id) {
      this.hls.subtitleDisplay = false;
      this.hls.subtitleTrack = id;
    }
  }

  chooseVoice(id: number): void {
    this.want.voice = this.hls.audioTracks[id]?.name;
    this.hls.audioTrack = id;
  }

  chooseCaption(id: number): void {
    this.want.caption = this.hls.subtitleTracks[id]?.name;
    this.hls.subtitleDisplay = id >= 0;
    this.hls.subtitleTrack = id;
  }

  close(): void {
    clearTimeout(this.retry);
    this.hls.destroy();
  }

  private open(): void {
    this.mediaErrors = [];
    this.openedWith = this.options.token();
    this.hls = new Hls({
      liveSyncDurationCount: 3,
      // After a stall, a jump is better than minutes of delay.
      liveMaxLatencyDurationCount: 10,
      backBufferLength: 30,
      lowLatencyMode: false,
      enableCEA708Captions: true,
      xhrSetup: (request, url) => {
        // To Tandem only: the source's own segments lie on other hosts, which must not see it.
        if (url.startsWith(this.options.address)) {
          for (const [name, value] of Object.entries(credentials(this.options.token()))) {
            request.setRequestHeader(name, value);
          }
        }
      },
    });
    const { hls } = this;
    hls.subtitleDisplay = this.want.caption !== undefined;
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => this.restoreVoice());
    // hls.js makes its own choice of captions right after it has told of them.
    hls.on(Events.SUBTITLE_TRACKS_UPDATED, () => queueMicrotask(() => hls === this.hls && this.restoreCaption()));
    hls.on(Events.AUDIO_TRACK_SWITCHED, () => this.listener.changed());
    hls.on(Events.SUBTITLE_TRACK_SWITCH, () => this.listener.changed());
    hls.on(Events.FRAG_BUFFERED, () => this.well());
    hls.on(Events.ERROR, (_, error) => this.fail(error));
    hls.attachMedia(this.video);
    hls.loadSource(`${this.options.address}master.m3u8`);
  }

  // A fresh start, of this page or of the server, keeps what the viewer had chosen, by name: numbers may differ.
  private restoreVoice(): void {
    const id = wanted(this.voices, this.want.voice)?.id ?? -1;
    if (id >= 0 && id !== this.hls.audioTrack) {
      this.hls.audioTrack = id;
    }
    this.listener.changed();
  }

  private restoreCaption(): void {
    const id = wanted(this.captions, this.want.caption)?.id ?? -1;
    this.hls.subtitleTrack = id;
    this.hls.subtitleDisplay = id >= 0;
    this.listener.changed();
  }

  private well(): void {
    this.failures = 0;
    this.listener.trouble(undefined);
  }

  private fail(error: ErrorData): void {
    if (error.response?.code === 401 && this.options.token() !== this.openedWith) {
      // The ticket in the addresses has ended, and the page has a new token to get another with.
      clearTimeout(this.retry);
      this.reopen();
      return;
    }
    if (!error.fatal) {
      return;
    }
    if (error.type === ErrorTypes.MEDIA_ERROR && error.details !== ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
      this.recoverMedia(error);
      return;
    }
    this.failures++;
    this.listener.trouble(problemOf(error));
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
    this.listener.trouble(problemOf(error));
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
  return { id, name: track.name, language: track.lang ?? '', original: isOriginal(track) };
}

// docs/http.md: the original's playlist stands in a folder of this name.
function isOriginal(track: MediaPlaylist): boolean {
  return /\/original\/index\.m3u8(\?|$)/.test(track.url ?? '');
}

function problemOf(error: ErrorData): Problem {
  const status = error.response?.code;
  if (status === 401 || status === 403) {
    return 'refused';
  }
  switch (error.details) {
    case ErrorDetails.MANIFEST_LOAD_ERROR:
    case ErrorDetails.MANIFEST_LOAD_TIMEOUT:
      return status === 404 || status === 503 ? 'nothing_yet' : 'unreachable';
    case ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR:
      return 'undecodable';
    default:
      return error.type === ErrorTypes.NETWORK_ERROR ? 'loading' : 'stumbled';
  }
}
