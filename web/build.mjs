// Bundles src/ into dist/: index.html, and assets whose names carry a hash of their content, so that caches may keep them for ever.
import { build } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

await rm('dist', { recursive: true, force: true });
await mkdir('dist/assets', { recursive: true });
const result = await build({
  entryPoints: ['src/main.ts', 'src/style.css'],
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome100', 'firefox100', 'safari15.4'],
  metafile: true,
  legalComments: 'linked',
});

let page = await readFile('src/index.html', 'utf8');
for (const [file, made] of Object.entries(result.metafile.outputs)) {
  if (made.entryPoint) {
    page = page.replaceAll(basename(made.entryPoint), `assets/${basename(file)}`);
  }
}
await writeFile('dist/index.html', page);
