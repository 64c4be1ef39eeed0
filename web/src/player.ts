// A player: what the viewer page needs of one, whichever plays.

import type { Problem } from './words/strings';

/** One voice or one language of captions. */
export interface Track {
  id: number;
  name: string;
  language: string;
  /** Whether it is the source's own sound. */
  original?: boolean;
}

export interface Player {
  readonly kind: 'hls' | 'native' | 'websocket';
  readonly voices: Track[];
  readonly captions: Track[];
  /** Id of what is chosen; −1 for none. */
  readonly voice: number;
  readonly caption: number;
  /** EXT-X-PROGRAM-DATE-TIME of what is shown, ms since 1970; undefined while that is not known. */
  readonly playingAt: number | undefined;
  /** How much the player means to have loaded ahead, s. */
  readonly wantedAhead: number;
  chooseVoice(id: number): void;
  chooseCaption(id: number): void;
  close(): void;
}

export interface Listener {
  /** Voices or captions, or what is chosen of them, changed. */
  changed(): void;
  /** Something is wrong; undefined when it is right again. */
  trouble(problem: Problem | undefined): void;
  /** This player cannot play the channel here at all; another may. */
  unable(): void;
}

/** What every player is given. */
export interface PlayerOptions {
  /** Where the channel's files are; ends with a slash. */
  address: string;
  /** The viewer's token as it is now, where the server asks for one: pages renew it while it plays. */
  token: () => string | undefined;
  /** The voice to begin with, by name or language; undefined for the channel's own choice. */
  voice?: string | undefined;
  /** The captions to begin with, by name or language; undefined for none. */
  caption?: string | undefined;
}

/** The track that a viewer meant, by name or else by language. */
export function wanted(tracks: Track[], name: string | undefined): Track | undefined {
  return name === undefined
    ? undefined
    : tracks.find(t => t.name === name) ?? (name === 'original' ? tracks.find(t => t.original) : tracks.find(t => t.language === name && !t.original) ?? tracks.find(t => t.language === name));
}
