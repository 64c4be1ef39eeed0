// Bundles each test with what it tests, and lets Node's own runner run them: the sources are TypeScript, which Node 18 does not read.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'tandem-web-'));
try {
  const tests = (await readdir('test')).filter(name => name.endsWith('.test.mjs'));
  await build({
    entryPoints: tests.map(name => join('test', name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    logLevel: 'warning',
  });
  const run = spawnSync(process.execPath, ['--test', folder], { stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
