import type { Listener, Player, Track } from './player';

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
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly ended = new AbortController();

  constructor(private readonly video: HTMLVideoElement, private readonly address: string, private readonly listener: Listener) {
    const { signal } = this.ended;
    const changed = () => listener.changed();
    for (const list of [this.list, video.textTracks]) {
      for (const event of ['addtrack', 'removetrack', 'change']) {
        list?.addEventListener(event, changed, { signal });
      }
    }
    video.addEventListener('playing', () => listener.trouble(undefined), { signal });
    video.addEventListener('error', () => this.fail(), { signal });
    video.src = address;
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

  get latency(): number | undefined {
    const { seekable, currentTime } = this.video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) - currentTime : undefined;
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

  private get list(): NativeVoices | undefined {
    return (this.video as { audioTracks?: NativeVoices }).audioTracks;
  }

  private get texts(): TextTrack[] {
    return [...this.video.textTracks].filter(t => t.kind === 'subtitles' || t.kind === 'captions');
  }

  private fail(): void {
    this.listener.trouble('The channel cannot be played at the moment. Trying again…');
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.video.src = this.address;
      this.video.play().catch(() => this.listener.changed());
    }, 4000);
  }
}
