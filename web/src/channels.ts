// What /v1/channels answers, as far as this page shows it.

export type ChannelState = 'starting' | 'live' | 'source_lost' | 'faulted' | 'ended' | 'stopped';
export type LanguageState = 'dubbed' | 'fallback' | 'original';

export interface Language {
  language: string;
  state: LanguageState;
  reason?: string | null;
  onsetLagP50?: number | null;
  onsetLagEstimated?: boolean;
  dubs?: Record<string, number>;
  fallbackSeconds?: number;
}

export interface Channel {
  id: string;
  state: ChannelState;
  reason?: string | null;
  from: string;
  delaySeconds: number;
  sourceAgeSeconds?: number | null;
  engine?: { name: string; healthy: boolean; reason?: string | null };
  languages?: Language[];
  counters?: { segments?: number; failures?: number; late?: number };
  lastPublished?: { number: number; at: string } | null;
}

/** All channels; throws where the server does not answer in time. */
export async function fetchChannels(): Promise<Channel[]> {
  const answer = await fetch('/v1/channels', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  const list = (await answer.json()) as { channels?: Channel[] };
  return list.channels ?? [];
}

/** Whether a channel has something to play, or had. */
export function hasPublished(channel: Channel): boolean {
  return channel.lastPublished ? true : channel.state === 'live' || channel.state === 'ended';
}
