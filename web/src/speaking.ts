// When the dub speaks, by its captions. Pure.

/** Pauses that the mix bridges, s: the original stays low over them. */
const Bridged = 1;

/** Whether a dub speaks at `at`, or pauses so briefly that the original stays low. */
export function isSpeaking(cues: ArrayLike<{ startTime: number; endTime: number }>, at: number): boolean {
  let before = -Infinity;
  let after = Infinity;
  for (let i = 0; i < cues.length; i++) {
    const { startTime, endTime } = cues[i]!;
    if (startTime <= at && at < endTime) {
      return true;
    }
    if (endTime <= at) {
      before = Math.max(before, endTime);
    } else if (startTime > at) {
      after = Math.min(after, startTime);
    }
  }
  return after - before < Bridged;
}

/** What brings a second player to the first: a jump, or a rate that is a little off 1. `behind` is how far it is late, s. */
export function catchUp(behind: number): { jump: number } | { rate: number } {
  if (Math.abs(behind) > 0.5) {
    return { jump: behind };
  }
  // A fiftieth of a second is nothing to hear under speech.
  return { rate: Math.abs(behind) < 0.02 ? 1 : 1 + Math.max(-0.06, Math.min(0.06, behind / 2)) };
}
