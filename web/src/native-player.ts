import { wanted, type Listener, type Player, type PlayerOptions, type Track } from './player';

// Safari's list of voices; TypeScript's DOM types do not have it.
interface NativeVoice {
  enabled: boolean;
  label: string;
  language: string;
}
interface NativeVoices extends EventTarget {
  readonly length: number;
  [index: number]: NativeVoice;
}

/** Plays with the browser's own HLS, where hls.js cannot: Safari on telephones. */
export class NativePlayer implements Player {
  readonly kind = 'native';
  readonly wantedAhead = 6;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly ended = new AbortController();
  private chosen = false;

  constructor(private readonly video: HTMLVideoElement, private readonly options: PlayerOptions, private readonly listener: Listener) {
    const { signal } = this.ended;
    const changed = () => {
      this.restore();
      listener.changed();
    };
    for (const list of [this.list, video.textTracks]) {
      for (const event of ['addtrack', 'removetrack', 'change']) {
        list?.addEventListener(event, changed, { signal });
      }
    }
    video.addEventListener('playing', () => listener.trouble(undefined), { signal });
    video.addEventListener('error', () => this.fail(), { signal });
    video.src = this.address;
  }

  static isSupported(video: HTMLVideoElement): boolean {
    return video.canPlayType('application/vnd.apple.mpegurl') !== '';
  }

  get voices(): Track[] {
    return Array.from({ length: this.list?.length ?? 0 }, (_, id) => ({ id, name: this.list![id]!.label, language: this.list![id]!.language }));
  }

  get captions(): Track[] {
    return this.texts.map((t, id) => ({ id, name: t.label || t.language, language: t.language }));
  }

  get voice(): number {
    return this.voices.findIndex(v => this.list![v.id]!.enabled);
  }

  get caption(): number {
    return this.texts.findIndex(t => t.mode === 'showing');
  }

  get playingAt(): number | undefined {
    const start = (this.video as { getStartDate?(): Date }).getStartDate?.().getTime();
    return start === undefined || Number.isNaN(start) ? undefined : start + this.video.currentTime * 1000;
  }

  chooseVoice(id: number): void {
    for (const { id: other } of this.voices) {
      this.list![other]!.enabled = other === id;
    }
  }

  chooseCaption(id: number): void {
    this.texts.forEach((t, other) => (t.mode = other === id ? 'showing' : 'disabled'));
  }

  close(): void {
    clearTimeout(this.retry);
    this.ended.abort();
    this.video.removeAttribute('src');
    this.video.load();
  }

  // The browser asks for itself and sends no header of ours.
  private get address(): string {
    const token = this.options.token();
    return `${this.options.address}master.m3u8${token ? `?token=${encodeURIComponent(token)}` : ''}`;
  }

  private get list(): NativeVoices | undefined {
    return (this.video as { audioTracks?: NativeVoices }).audioTracks;
  }

  private get texts(): TextTrack[] {
    return [...this.video.textTracks].filter(t => t.kind === 'subtitles' || t.kind === 'captions');
  }

  // What the page was asked to begin with, once the browser knows its tracks.
  private restore(): void {
    if (this.chosen || this.voices.length === 0) {
      return;
    }
    this.chosen = true;
    const voice = wanted(this.voices, this.options.voice);
    const caption = wanted(this.captions, this.options.caption);
    if (voice) {
      this.chooseVoice(voice.id);
    }
    if (caption) {
      this.chooseCaption(caption.id);
    }
  }

  private fail(): void {
    this.listener.trouble('native');
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.video.src = this.address;
      this.video.play().catch(() => this.listener.changed());
    }, 4000);
  }
}
