// Everything that this page says in sentences, from values; nothing here touches the page.

import type { Channel } from './channels';
import type { Track } from './player';

/** A language's name in English; the tag itself where the browser knows none. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Whether two BCP 47 tags name the same language for a viewer: `es` and `es-MX` do. */
export function sameLanguage(a: string, b: string): boolean {
  return a.split('-')[0]?.toLowerCase() === b.split('-')[0]?.toLowerCase();
}

/** What is heard at the moment. */
export function heard(channel: Channel, voice: Track | undefined): string {
  if (!voice) {
    return '';
  }
  const dub = channel.languages?.find(l => l.language === voice.language) ?? channel.languages?.find(l => sameLanguage(l.language, voice.language));
  if (!dub || sameLanguage(voice.language, channel.from)) {
    return `You hear the original sound, in ${languageName(channel.from)}.`;
  }
  const name = languageName(dub.language);
  switch (dub.state) {
    case 'dubbed':
      return `You hear ${name}, spoken by a machine over the lowered original.`;
    case 'fallback':
      return `You hear the original for now: ${dub.reason ?? `no ${name} is ready for what is being said`}.`;
    case 'original':
      return `You hear the original until somebody speaks; then a machine says it in ${name}.`;
  }
}

/** How the channel is; trouble is shown in another colour. */
export function channelState(channel: Channel): { text: string; trouble: boolean } {
  const why = channel.reason ? `: ${channel.reason}` : '';
  switch (channel.state) {
    case 'live':
      return { text: 'The channel is live.', trouble: false };
    case 'starting':
      return { text: `The channel is starting${why}.`, trouble: Boolean(channel.reason) };
    case 'source_lost':
      return { text: `The source has stopped sending${why}. What had arrived plays on; Tandem keeps trying.`, trouble: true };
    case 'faulted':
      return { text: `The source is there but cannot be dubbed${why}. Tandem keeps trying.`, trouble: true };
    case 'ended':
      return { text: 'The programme is over.', trouble: false };
    case 'stopped':
      return { text: 'The channel was switched off.', trouble: true };
  }
}

/** How far behind the source the viewer is: the channel's delay, and what the player holds. */
export function behind(channel: Channel, latency: number | undefined): string {
  if (latency === undefined || !Number.isFinite(latency) || channel.state === 'ended') {
    return '';
  }
  const seconds = Math.max(0, latency) + channel.delaySeconds;
  return `${Math.round(seconds)} s behind live: ${round(channel.delaySeconds)} s to translate and speak, ${round(Math.max(0, latency))} s in the player.`;
}

/** Names and values for those who want numbers. */
export function numbers(channel: Channel): [string, string][] {
  const rows: [string, string][] = [
    ['Engine', channel.engine ? channel.engine.name + (channel.engine.healthy ? '' : `: ${channel.engine.reason ?? 'does not work'}`) : '–'],
    ['Delay', `${round(channel.delaySeconds)} s`],
    ['Segments published', String(channel.counters?.segments ?? 0)],
    ['Failed, late', `${channel.counters?.failures ?? 0}, ${channel.counters?.late ?? 0}`],
    ['Newest segment of the source', channel.sourceAgeSeconds == null ? '–' : `${round(channel.sourceAgeSeconds)} s ago`],
  ];
  for (const dub of channel.languages ?? []) {
    const name = languageName(dub.language);
    const dubs = Object.entries(dub.dubs ?? {}).filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`);
    rows.push([`Dubs in ${name}`, dubs.join(', ') || 'none yet']);
    rows.push([`${name} begins after the speaker`, dub.onsetLagP50 == null ? '–' : `${round(dub.onsetLagP50)} s${dub.onsetLagEstimated ? ', estimated' : ''}`]);
    rows.push([`Original heard instead of ${name}`, `${round(dub.fallbackSeconds ?? 0)} s`]);
  }
  return rows;
}

function round(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}
