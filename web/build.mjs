// Bundles src/ into dist/: index.html, and assets whose names carry a hash of their content, so that caches may keep them for ever; and for
// other pages embed.js, whose name stays.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

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

let page = await readFile('src/index.html', 'utf8');
for (const [file, output] of made.flatMap(result => Object.entries(result.metafile.outputs))) {
  if (output.entryPoint) {
    page = page.replaceAll(basename(output.entryPoint), `assets/${basename(file)}`);
  }
}
await writeFile('dist/index.html', page);
