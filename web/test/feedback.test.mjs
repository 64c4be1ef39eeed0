import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reported } from '../src/feedback';

test('a report names dubbed voices and the original, and no voice of the source’s own', () => {
  const info = { voices: [{ language: 'es' }, { language: 'pt-BR' }] };
  assert.equal(reported('es', info), 'es');
  assert.equal(reported('pt-br', info), 'pt-br');
  assert.equal(reported('original', info), 'original');
  assert.equal(reported('original', undefined), 'original');
  assert.equal(reported('de', info), null);
  assert.equal(reported('es-MX', info), null);
  assert.equal(reported('', info), null);
  assert.equal(reported('es', undefined), null);
});
