// A player: what this page needs of one, whichever plays.

/** One voice or one language of captions. */
export interface Track {
  id: number;
  name: string;
  language: string;
}

export interface Player {
  readonly voices: Track[];
  readonly captions: Track[];
  /** Id of what is chosen; −1 for none. */
  readonly voice: number;
  readonly caption: number;
  /** Seconds between what is shown and the newest that can be had; undefined while that is not known. */
  readonly latency: number | undefined;
  chooseVoice(id: number): void;
  chooseCaption(id: number): void;
  close(): void;
}

export interface Listener {
  /** Voices or captions, or what is chosen of them, changed. */
  changed(): void;
  /** Something is wrong, in words; undefined when it is right again. */
  trouble(words: string | undefined): void;
}
