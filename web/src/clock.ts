// The server's clock, as far as it can be known from answers that a cache may have kept for a second.

import type { Answer } from './state';

const Samples = 20;

/**
 * An answer was stamped before it arrived: the server's clock is ahead of ours by at least stamp − arrival. The largest of these bounds belongs
 * to the freshest answer; half the shortest way there and back is added for its way here.
 */
export class ServerClock {
  private readonly bounds: number[] = [];
  private readonly trips: number[] = [];

  add(answer: Answer<{ serverTime: number }>): void {
    const { body, sentAt, receivedAt } = answer;
    if (!Number.isFinite(body.serverTime)) {
      return;
    }
    this.bounds.push(body.serverTime - receivedAt);
    this.trips.push(Math.max(0, receivedAt - sentAt));
    if (this.bounds.length > Samples) {
      this.bounds.shift();
      this.trips.shift();
    }
  }

  /** ms since 1970 on the server's clock at a moment of performance.now(); undefined before the first answer. */
  at(local: number): number | undefined {
    return this.bounds.length === 0 ? undefined : local + Math.max(...this.bounds) + Math.min(...this.trips) / 2;
  }
}
