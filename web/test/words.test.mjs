import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardNow, withStatus } from '../src/heard';
import { wanted } from '../src/player';
import { sentAs } from '../src/feedback';
import { catchUp, isSpeaking } from '../src/speaking';
import { languages, ownName, pageLanguage, Words } from '../src/words/words';

const info = (heard, more = {}) => ({
  channel: 'news', state: 'live', from: 'en', delaySeconds: 8, serverTime: 0,
  voices: [{ language: 'es', state: 'dubbed', why: null, heard, ...more }],
});

test('what is heard is what the programme had at the moment that plays, not what the server says of its end', () => {
  const past = [{ since: 100, state: 'dubbed' }, { since: 200, state: 'fallback', why: 'engine_away' }, { since: 300, state: 'dubbed' }];
  assert.deepEqual(heardNow(info(past), 'es', false, 150), { what: 'dub', language: 'es' });
  assert.deepEqual(heardNow(info(past), 'es', false, 250), { what: 'fallback', language: 'es', why: 'engine_away' });
  assert.equal(heardNow(info(past), 'es', false, 300).what, 'dub');
  // Before all that is known: the oldest word there is.
  assert.equal(heardNow(info(past), 'es', false, 50).what, 'dub');
});

test('in a pause the page promises no dub while the engine is away', () => {
  assert.equal(heardNow(info([{ since: 1, state: 'original', why: 'engine_away' }]), 'es', false, 5).what, 'fallback');
  assert.equal(heardNow(info([{ since: 1, state: 'original', why: 'no_speech' }]), 'es', false, 5).what, 'original');
});

test('a socket’s word goes before what was asked for, which has the reason', () => {
  const voice = { language: 'es', state: 'fallback', why: 'engine_away', heard: [{ since: 100, state: 'dubbed', why: null }, { since: 250, state: 'fallback', why: 'engine_away' }] };
  assert.deepEqual(withStatus(voice, [{ since: 200, state: 'dubbed' }, { since: 240, state: 'fallback' }]).heard, [
    { since: 100, state: 'dubbed', why: null }, { since: 200, state: 'dubbed', why: null }, { since: 240, state: 'fallback', why: 'engine_away' }]);
  assert.equal(withStatus(voice, []), voice);
});

test('where the moment is not known, the newest word holds', () => {
  assert.deepEqual(heardNow(info([], { state: 'fallback', why: 'not_ready' }), 'es', false, undefined), { what: 'fallback', language: 'es', why: 'not_ready' });
});

test('the original and a voice of the source are no dub', () => {
  assert.deepEqual(heardNow(info([]), 'en', true, 1), { what: 'original sound', language: 'en' });
  assert.deepEqual(heardNow(info([]), 'de', false, 1), { what: 'own voice', language: 'de' });
  assert.deepEqual(heardNow(info([]), undefined, false, 1), { what: 'nothing' });
  assert.equal(heardNow(info([]), 'es-MX', false, 1).language, 'es');
});

test('a language is said in the page’s own', () => {
  const heard = { what: 'fallback', language: 'es', why: 'engine_away' };
  assert.equal(new Words('en').heard(heard), 'You hear the original for now: the dubbing is out of order, and comes back by itself.');
  assert.equal(new Words('de').heard({ what: 'dub', language: 'es' }), 'Sie hören Spanisch, von einer Maschine über das leisere Original gesprochen.');
  assert.equal(new Words('de').behind({ seconds: 8.24, fromAppearance: false }), '8,2 s hinter live');
  assert.equal(new Words('en').behind({ seconds: 8.24, fromAppearance: false }), '8.2 s behind live');
  assert.equal(new Words('en').behind(undefined), '');
  assert.ok(new Words('ar').behind({ seconds: 8.24, fromAppearance: false }).includes('8.2'));
});

test('every language says everything, with the same gaps to fill', () => {
  const shape = value => typeof value === 'string'
    ? [...value.matchAll(/\{\w+\}/g)].map(m => m[0]).sort()
    : Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'rtl').map(([key, inner]) => [key, shape(inner)]));
  for (const [tag, strings] of Object.entries(languages)) {
    assert.deepEqual(shape(strings), shape(languages.en), tag);
  }
  assert.deepEqual(Object.keys(languages).filter(tag => new Words(tag).direction === 'rtl'), ['he', 'ar']);
});

test('the reason for the delay adds up', () => {
  const [dub, rest, , clock] = new Words('en').whyDelay(info([]), { seconds: 14.5, fromAppearance: true });
  assert.match(dub, /for 8\.0 s/);
  assert.match(rest, /other 6\.5 s/);
  assert.match(clock, /clock is wrong/);
  assert.equal(new Words('en').whyDelay(info([]), undefined).length, 2);
});

test('the page’s language is the first that it speaks', () => {
  assert.equal(pageLanguage([null, 'fr-CH', 'de-AT', 'en']), 'de');
  assert.equal(pageLanguage(['iw']), 'he');
  assert.equal(pageLanguage(['xx', undefined]), 'en');
  assert.equal(ownName('de'), 'Deutsch');
});

test('a voice is found by name, by language, and the original by its word', () => {
  const tracks = [{ id: 0, name: 'English (original)', language: 'en', original: true }, { id: 1, name: 'Español', language: 'es' }];
  assert.equal(wanted(tracks, 'Español').id, 1);
  assert.equal(wanted(tracks, 'es').id, 1);
  assert.equal(wanted(tracks, 'original').id, 0);
  assert.equal(wanted(tracks, 'fr'), undefined);
  assert.equal(wanted(tracks, undefined), undefined);
});

test('what became of a report is told apart', () => {
  assert.deepEqual([204, 404, 403, 429, 400, 500].map(sentAs), ['sent', 'absent', 'refused', 'busy', 'wrong', 'unreachable']);
});

test('the dub speaks in its captions and in pauses under a second', () => {
  const cues = [{ startTime: 1, endTime: 2 }, { startTime: 2.8, endTime: 4 }, { startTime: 6, endTime: 7 }];
  assert.deepEqual([0.5, 1.5, 2.4, 3, 5, 6.5, 8].map(at => isSpeaking(cues, at)), [false, true, true, true, false, true, false]);
  assert.equal(isSpeaking([], 1), false);
});

test('a second player is brought into step gently, and from afar at once', () => {
  assert.deepEqual(catchUp(0.01), { rate: 1 });
  assert.deepEqual(catchUp(0.1), { rate: 1.05 });
  assert.deepEqual(catchUp(-0.4), { rate: 0.94 });
  assert.deepEqual(catchUp(2), { jump: 2 });
});
