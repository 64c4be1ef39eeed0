// What is heard now, and why. Pure.

import type { ChannelInfo, HeardSince, VoiceState, Why } from './state';

export type Heard =
  | { what: 'nothing' }
  | { what: 'original sound' | 'own voice'; language: string }
  | { what: 'dub'; language: string }
  | { what: 'fallback' | 'original'; language: string; why: Why };

/** Whether two BCP 47 tags name the same language for a viewer: `es` and `es-MX` do. */
export function sameLanguage(a: string, b: string): boolean {
  return a.split('-')[0]?.toLowerCase() === b.split('-')[0]?.toLowerCase();
}

/** The state of a voice by its language; the tag itself goes before a likeness. */
export function voiceOf(info: ChannelInfo | undefined, language: string): VoiceState | undefined {
  return info?.voices?.find(v => v.language === language) ?? info?.voices?.find(v => sameLanguage(v.language, language));
}

/**
 * What a viewer of a voice hears at the moment of the programme that plays: the server's newest word is about the end of what is published,
 * which the viewer has not come to yet.
 * @param language of the voice that is chosen; undefined for none
 * @param isOriginal whether that is the original
 * @param playingAt EXT-X-PROGRAM-DATE-TIME of what plays, ms since 1970; undefined where it is not known
 */
export function heardNow(info: ChannelInfo | undefined, language: string | undefined, isOriginal: boolean, playingAt: number | undefined): Heard {
  if (language === undefined) {
    return { what: 'nothing' };
  }
  const voice = isOriginal ? undefined : voiceOf(info, language);
  if (!voice) {
    return { what: isOriginal ? 'original sound' : 'own voice', language };
  }
  const past = voice.heard ?? [];
  const now = (playingAt === undefined ? undefined : last(past, playingAt) ?? past[0]) ?? voice;
  if (now.state === 'dubbed') {
    return { what: 'dub', language: voice.language };
  }
  if (now.why === 'engine_away') {
    // Whether or not somebody speaks at the moment: no dub would come.
    return { what: 'fallback', language: voice.language, why: now.why };
  }
  return { what: now.state, language: voice.language, why: now.why ?? (now.state === 'fallback' ? 'not_ready' : 'no_speech') };
}

// Array.findLast is younger than the browsers that are served.
function last(past: NonNullable<VoiceState['heard']>, playingAt: number) {
  return past.filter(h => h.since <= playingAt).pop();
}

/**
 * A voice's state with what a socket told meanwhile, which is sooner than the next answer that is asked for. A socket's reason is a sentence in
 * one language; the word for it comes from what was asked for.
 */
export function withStatus(voice: VoiceState, told: readonly HeardSince[]): VoiceState {
  const first = told[0];
  if (!first) {
    return voice;
  }
  const known = voice.heard ?? [];
  const why = (entry: HeardSince): Why | null | undefined =>
    entry.why ?? known.filter(h => h.state === entry.state).pop()?.why ?? (voice.state === entry.state ? voice.why : undefined);
  return { ...voice, heard: [...known.filter(h => h.since < first.since), ...told.map(h => ({ ...h, why: why(h) ?? null }))] };
}
