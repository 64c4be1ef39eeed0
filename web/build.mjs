// Bundles src/ into dist/: index.html, and assets whose names carry a hash of their content, so that caches may keep them for ever; for
// other pages embed.js, whose name stays; and in ops/ the operations page with the runbooks, which only operators get.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { runbooks } from './runbooks.mjs';

const common = {
  bundle: true,
  minify: true,
  target: ['chrome100', 'firefox100', 'safari15.4'],
  legalComments: 'linked',
  metafile: true,
};

// A sheet that a script imports is text for it; the page's own is a file.
const text = { '.css': 'text' };

await rm('dist', { recursive: true, force: true });
await mkdir('dist/assets', { recursive: true });
const made = await Promise.all([
  build({ ...common, entryPoints: ['src/main.ts'], outdir: 'dist/assets', entryNames: '[name]-[hash]', format: 'esm', loader: text }),
  build({ ...common, entryPoints: ['src/style.css'], outdir: 'dist/assets', entryNames: '[name]-[hash]' }),
  build({ ...common, entryPoints: ['src/embed.ts'], outdir: 'dist', format: 'iife', loader: text }),
]);
await copyFile('src/element.css', 'dist/embed.css');

await writeFile('dist/index.html', withAssets(await readFile('src/index.html', 'utf8'), made, 'assets/'));

await mkdir('dist/ops/assets', { recursive: true });
const ops = await Promise.all(
  ['src/ops/main.ts', 'src/ops/ops.css'].map(entry => build({ ...common, entryPoints: [entry], outdir: 'dist/ops/assets', entryNames: '[name]-[hash]', format: 'esm' })),
);
await writeFile('dist/ops/index.html', withAssets(await readFile('src/ops/index.html', 'utf8'), ops, 'assets/'));
const books = runbooks(await readFile('../docs/runbooks.md', 'utf8'));
await writeFile('dist/ops/runbooks.html', withAssets(await readFile('src/ops/runbooks.html', 'utf8'), ops, 'assets/').replace('<!-- runbooks -->', () => books));

/** A page in which each entry point's name is that of what it was built into. */
function withAssets(page, results, folder) {
  for (const [file, output] of results.flatMap(result => Object.entries(result.metafile.outputs))) {
    if (output.entryPoint) {
      page = page.replaceAll(`"${basename(output.entryPoint)}"`, `"${folder}${basename(file)}"`);
    }
  }
  return page;
}
