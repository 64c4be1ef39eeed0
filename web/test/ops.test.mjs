import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runbooks } from '../runbooks.mjs';
import { against, bytes, channelLevel, count, course, fullest, headline, highest, runbookLink, share, time } from '../src/ops/figures';
import { figures, merge } from '../src/ops/tiles';

const none = { p50: null, p95: null, p99: null, count: 0 };
const total = {
  stages: [], segments: 0, errorRatio: null, failures: [], inFlight: 0, queues: [], lateness: none, delivery: none, messages: none, messageSizes: [],
  sourceAgeSeconds: null, viewers: [], history: {},
};
const instance = { cpuRatio: 0.5, memoryRatio: 0.95, healthFailuresInRow: 0, dollarsPerMonth: null, budgetDollars: null, history: {} };
const state = (more = {}) => ({ status: { level: 'ok', lines: [] }, alerts: [], channels: [], total, instance, ...more });
const channel = (id, languages = [], more = {}) => ({ id, state: 'live', languages, figures: total, ...more });
const language = (name, lag, fallback = 0, heard = 'dubbed') => ({ language: name, state: heard, onsetLag: { ...none, p95: lag }, fallbackRatio: fallback, syncOffset: none, viewers: 0 });

test('figures are written as people say them', () => {
  assert.deepEqual([0, 0.0042, 0.12, 0.9996, 1.46, 12.3, 300, null].map(time), ['0 s', '4.2 ms', '120 ms', '1 s', '1.5 s', '12 s', '5 min', '–']);
  assert.deepEqual([0, 0.0004, 0.014, 0.5, 1, undefined].map(share), ['0 %', '< 0.1 %', '1.4 %', '50 %', '100 %', '–']);
  assert.deepEqual([900, 1536, 524288, 3 << 20].map(bytes), ['900 B', '1.5 KiB', '512 KiB', '3.0 MiB']);
  assert.deepEqual([0, 12345, null].map(count), ['0', '12,345', '–']);
});

test('what was not measured is neither good nor bad', () => {
  assert.deepEqual(against(null, 1, 'critical'), { level: 'none', above: false });
  assert.deepEqual(against(1, 1, 'critical'), { level: 'ok', above: false });
  assert.deepEqual(against(1.01, 1, 'critical'), { level: 'critical', above: true });
  assert.equal(highest([null, undefined]), null);
  assert.equal(highest([0.1, null, 0.3]), 0.3);
});

test('the headline says in words what is wrong', () => {
  assert.deepEqual(headline(state()), { text: 'Everything is in order', lines: ['There are no channels.'] });
  assert.deepEqual(headline(state({ channels: [channel('a'), channel('b', [], { state: 'starting' })] })).lines, ['1 of 2 channels are starting.']);
  const wrong = lines => ({ level: 'warning', lines });
  assert.equal(headline(state({ status: wrong(['a']) })).text, 'One thing to look at');
  const firing = { state: 'firing' };
  assert.equal(headline(state({ status: wrong(['a']), alerts: [firing, { state: 'pending' }] })).text, 'One alert is firing');
  assert.deepEqual(headline(state({ status: wrong(['a', 'b']), alerts: [firing, firing] })), { text: '2 alerts are firing', lines: ['a', 'b'] });
});

test('a channel is as bad as the worst that is said of it', () => {
  const alert = { channel: 'a', state: 'firing', severity: 'critical' };
  assert.equal(channelLevel(channel('a'), state({ alerts: [alert] })), 'critical');
  assert.equal(channelLevel(channel('b'), state({ alerts: [alert] })), 'ok');
  assert.equal(channelLevel(channel('a'), state({ alerts: [{ ...alert, state: 'pending' }] })), 'warning');
  assert.equal(channelLevel(channel('a', [language('es', 1, 0, 'fallback')]), state()), 'warning');
  assert.equal(channelLevel(channel('a', [], { state: 'source_lost' }), state()), 'warning');
});

test('the tiles show the worst of all languages, and whose it is', () => {
  const shown = figures(state({ channels: [channel('news', [language('es', 1.2), language('fr', 4.5, 0.2)])] }));
  const lag = shown.find(f => f.id === 'onset-lag');
  assert.equal(lag.value, 4.5);
  assert.equal(lag.note, 'news, fr');
  assert.equal(shown.find(f => f.id === 'fallback').note, 'news, fr');
  assert.equal(shown.find(f => f.id === 'memory').value, 0.95);
  assert.equal(new Set(shown.map(f => f.id)).size, shown.length);
});

test('courses end at the same moment', () => {
  assert.deepEqual(merge([[1, 2, 3], [5, null], undefined]), [1, 5, 3]);
  assert.deepEqual(merge([]), []);
  assert.equal(course([null, 0.1, 0.4], 30, time), 'Last 2 minutes: 100 ms to 400 ms.');
  assert.equal(course([null], 30, time), 'No history yet.');
});

test('the fullest queue is the one with the largest share', () => {
  assert.equal(fullest([{ queue: 'a', depth: 5, bound: 10 }, { queue: 'b', depth: 3, bound: 4 }, { queue: 'c', depth: 50, bound: null }]).queue, 'b');
  assert.equal(fullest([]), null);
});

test('runbooks become a page, and nothing in them becomes markup', () => {
  const page = runbooks('# All\n\n## Segment errors\n\n- **Mend**: see [memory](#memory),\n  then `a < b`\n- [other](http.md#x) & <b>\n\n```bash\ncurl -s $server | grep "x"\n```\n');
  assert.equal(
    page,
    '<h1 id="all">All</h1>\n<h2 id="segment-errors">Segment errors</h2>\n<ul><li><strong>Mend</strong>: see <a href="#memory">memory</a>, then <code>a &lt; b</code></li>'
      + '<li>other &amp; &lt;b&gt;</li></ul>\n<pre tabindex="0"><code>curl -s $server | grep &quot;x&quot;</code></pre>',
  );
  assert.equal(runbookLink('docs/runbooks.md#segment-errors'), 'runbooks.html#segment-errors');
});
