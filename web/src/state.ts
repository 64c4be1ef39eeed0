// What /live/{channel}/state.json answers (docs/http.md), and the loop that asks for it.

export type ChannelState = 'starting' | 'live' | 'source_lost' | 'faulted' | 'ended' | 'stopped';
export type LanguageState = 'dubbed' | 'fallback' | 'original';
export type Why = 'engine_away' | 'engine_failed' | 'not_ready' | 'no_speech' | 'advertisement' | 'of_source';

/** What is heard from a moment of the programme on: ms since 1970, as EXT-X-PROGRAM-DATE-TIME counts. */
export interface HeardSince {
  since: number;
  state: LanguageState;
  why?: Why | null;
}

export interface VoiceState {
  language: string;
  state: LanguageState;
  why?: Why | null;
  onsetLagSeconds?: number | null;
  onsetLagEstimated?: boolean;
  heard?: HeardSince[];
}

/** The end of what is published, on the programme's axis, and when the source showed it, on the server's. */
export interface Edge {
  date: number;
  appearedAt: number;
}

export interface ChannelInfo {
  channel: string;
  state: ChannelState;
  from: string;
  delaySeconds: number;
  shortestDelay?: boolean;
  demonstration?: boolean;
  serverTime: number;
  edge?: Edge | null;
  voices?: VoiceState[];
}

/** An answer, and when it was asked for and had, in ms of performance.now(). */
export interface Answer<T> {
  body: T;
  sentAt: number;
  receivedAt: number;
}

/** The server refused: `status` says how. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

/** Headers that show a viewer's token. */
export function credentials(token: string | undefined): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Asks for JSON; throws {@link Refused}, or what fetch throws where there is no answer within 5 s. */
export async function fetchJson<T>(address: string, token?: string): Promise<Answer<T>> {
  const sentAt = performance.now();
  const answer = await fetch(address, { headers: credentials(token), signal: AbortSignal.timeout(5000) });
  if (!answer.ok) {
    throw new Refused(answer.status);
  }
  const receivedAt = performance.now();
  return { body: (await answer.json()) as T, sentAt, receivedAt };
}

/** The ids of the server's channels. */
export async function fetchChannels(server: string, token?: string): Promise<string[]> {
  const { body } = await fetchJson<{ channels?: { channel: string }[] }>(`${server}live/channels.json`, token);
  return (body.channels ?? []).map(c => c.channel);
}

/** Address of what a channel publishes; ends with a slash. */
export function channelAddress(server: string, channel: string): string {
  return `${server}live/${encodeURIComponent(channel)}/`;
}

/** Whether a channel has something to play, or had. */
export function hasPublished(info: ChannelInfo): boolean {
  return info.edge ? true : info.state === 'live' || info.state === 'ended';
}
