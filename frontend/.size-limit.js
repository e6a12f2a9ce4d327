import { readFileSync } from 'node:fs';

/**
 * What a page adds is counted with all that it alone loads, not only its own file. What it loads later counts for the
 * Playground, which shows an answer at once; elsewhere Markdown comes when a call is opened.
 */
const chunks = JSON.parse(readFileSync('node_modules/.cache/console-chunks.json', 'utf8'));
const byFile = new Map(chunks.map((chunk) => [chunk.file, chunk]));
const limits = { calls: 45, playground: 95 };
const others = ['usage', 'models', 'providers', 'routing', 'keys', 'configuration', 'connect'];

function reach(files, withLater, found = new Set()) {
  for (const file of files) {
    if (!file || found.has(file)) continue;
    found.add(file);
    const chunk = byFile.get(file);
    if (chunk) reach([...chunk.loads, ...(withLater ? chunk.later : [])], withLater, found);
  }
  return found;
}

const named = (name) => chunks.find(({ file }) => file.startsWith(`assets/${name}-`))?.file;
const entry = chunks.find(({ isEntry }) => isEntry)?.file;
const first = reach([entry, named('page-overview'), named('en')], false);
// The other language is the frame's, whichever page is open when it is chosen.
const frame = new Set([...first, named('zh')]);
const paths = (files) => [...files].map((file) => `dist/${file}`);
const added = (page) => [...reach([named(`page-${page}`)], page === 'playground')].filter((file) => !frame.has(file));

export default [
  { name: 'First page, JS and CSS', path: [...paths(first), 'dist/assets/*.css'], limit: '250 kB', gzip: true },
  { name: 'Fonts', path: 'dist/assets/*.woff2', limit: '62 kB', gzip: false, brotli: false },
  ...[...Object.keys(limits), ...others].map((page) => ({
    name: page,
    path: paths(added(page)),
    limit: `${limits[page] ?? 40} kB`,
    gzip: true,
  })),
];
