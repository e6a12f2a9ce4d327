import { mkdir, writeFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Notes which chunk loads which, outside of `dist`; the limits of size are checked by it. */
export function chunkList(): Plugin {
  return {
    name: 'chunk-list',
    apply: 'build',
    async writeBundle(_options, bundle) {
      const chunks = Object.values(bundle).flatMap((file) =>
        file.type === 'chunk'
          ? [{ file: file.fileName, isEntry: file.isEntry, loads: file.imports, later: file.dynamicImports }]
          : [],
      );
      await mkdir('node_modules/.cache', { recursive: true });
      await writeFile('node_modules/.cache/console-chunks.json', JSON.stringify(chunks, null, 1));
    },
  };
}
