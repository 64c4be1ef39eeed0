import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerClock } from '../src/clock';
import { behindLive, bufferHealth, loadedAhead } from '../src/delay';

const ranges = (...pairs) => ({ length: pairs.length, start: i => pairs[i][0], end: i => pairs[i][1] });

test('the delay is what has passed since what plays was live', () => {
  assert.deepEqual(behindLive(1_000_000, 985_400, { date: 991_000, appearedAt: 992_000 }), { seconds: 14.6, fromAppearance: false });
  assert.equal(behindLive(1_000_000, 985_400, null).seconds, 14.6);
});

test('without a clock or a position there is no delay to tell', () => {
  assert.equal(behindLive(undefined, 1, null), undefined);
  assert.equal(behindLive(1, undefined, null), undefined);
  assert.equal(behindLive(1, NaN, null), undefined);
});

test('a source whose clock is wrong is counted from when its segments appeared', () => {
  // An hour slow: the end of what is published has the date 0 and appeared at 3,600 s.
  assert.deepEqual(behindLive(3_615_000, 5_000, { date: 0, appearedAt: 3_600_000 }), { seconds: 10, fromAppearance: true });
  // Ten seconds fast.
  assert.deepEqual(behindLive(20_000, 15_000, { date: 20_000, appearedAt: 10_000 }), { seconds: 15, fromAppearance: true });
  assert.equal(behindLive(20_000, 15_000, { date: 11_000, appearedAt: 10_000 }).fromAppearance, false);
});

test('nobody is ahead of live', () => assert.equal(behindLive(1000, 1500, null).seconds, 0));

test('the clock is the server’s, whatever ours says', () => {
  const clock = new ServerClock();
  assert.equal(clock.at(0), undefined);
  clock.add({ body: { serverTime: 50_000 }, sentAt: 100, receivedAt: 140 });
  assert.equal(clock.at(140), 50_020);
  assert.equal(clock.at(1140), 51_020);
});

test('answers that a cache kept do not set the clock back', () => {
  const clock = new ServerClock();
  for (let i = 0; i < 40; i++) {
    // The server's clock is 1,000,000 ahead; every third answer is fresh, the others are up to 0.9 s old.
    const receivedAt = i * 2000;
    clock.add({ body: { serverTime: 1_000_000 + receivedAt - 10 - (i % 3) * 450 }, sentAt: receivedAt - 20, receivedAt });
  }
  assert.ok(Math.abs(clock.at(0) - 1_000_000) <= 10, String(clock.at(0)));
});

test('what the browser’s clock did long ago is forgotten', () => {
  const clock = new ServerClock();
  clock.add({ body: { serverTime: 9_000_000 }, sentAt: 0, receivedAt: 0 });
  for (let i = 1; i <= 20; i++) {
    clock.add({ body: { serverTime: 1_000 + i }, sentAt: i, receivedAt: i });
  }
  assert.equal(clock.at(0), 1_000);
});

test('health is what is loaded ahead against what is meant to be', () => {
  assert.deepEqual(bufferHealth(6, 6), { stock: 'good', percent: 100, seconds: 6 });
  assert.equal(bufferHealth(2, 6).stock, 'low');
  assert.equal(bufferHealth(0.2, 6).stock, 'empty');
  assert.deepEqual(bufferHealth(-1, 6), { stock: 'empty', percent: 0, seconds: 0 });
});

test('what lies behind a hole is not ahead', () => {
  assert.equal(loadedAhead(ranges([0, 5], [5.2, 9], [12, 20]), 4), 5);
  assert.equal(loadedAhead(ranges([10, 20]), 4), 0);
  assert.equal(loadedAhead(ranges(), 4), 0);
});
