import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { parse } from 'smol-toml';
import { defineConfig } from 'vitest/config';
import { chunkList } from './build/chunk-list.ts';
import { precompress } from './build/precompress.ts';
import { preloadFonts } from './build/preload-fonts.ts';

interface Frontend {
  port?: number;
  api_url?: string;
  api_base_url?: string;
}

function readFrontend(): Required<Frontend> {
  const file = new URL('../router.toml', import.meta.url);
  const table = existsSync(file) ? parse(readFileSync(file, 'utf8')).frontend : undefined;
  const { port = 3000, api_url = 'http://localhost:8000', api_base_url = '/api' } = (table ?? {}) as Frontend;
  return { port, api_url, api_base_url };
}

/** The console is part of the router's binary and has its version. */
function readVersion(): string {
  const file = new URL('../Cargo.toml', import.meta.url);
  return existsSync(file) ? (/^version = "(.+)"/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '') : '';
}

/** A page's chunk has the page's name, so that its limit of size can be told. */
function chunkName(module: string | null | undefined): string {
  const page = /\/features\/([\w-]+)\/page\.tsx$/.exec(module ?? '')?.[1];
  return page ? `assets/page-${page}-[hash].js` : 'assets/[name]-[hash].js';
}

export default defineConfig(({ command }) => {
  const frontend = readFrontend();
  const isServing = command === 'serve';
  const proxiedBase = frontend.api_base_url.startsWith('/') ? frontend.api_base_url.replace(/\/$/, '') : undefined;
  return {
    base: isServing ? '/' : '',
    // The built console finds the API beside itself; only the development server follows api_base_url.
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    define: {
      __VERSION__: JSON.stringify(readVersion()),
      __API_BASE__: JSON.stringify(isServing ? `${frontend.api_base_url.replace(/\/$/, '')}/` : 'api/'),
    },
    plugins: [
      tanstackRouter({ target: 'react', autoCodeSplitting: false, quoteStyle: 'single', semicolons: true }),
      react(),
      tailwindcss(),
      preloadFonts(),
      precompress(),
      chunkList(),
    ],
    build: {
      outDir: 'dist',
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rolldownOptions: { output: { chunkFileNames: ({ facadeModuleId }) => chunkName(facadeModuleId) } },
    },
    server: {
      port: frontend.port,
      proxy: proxiedBase
        ? {
            [proxiedBase]: {
              target: frontend.api_url,
              rewrite: (path: string) => `/api${path.slice(proxiedBase.length)}`,
            },
          }
        : {},
    },
    test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/test/setup.ts'] },
  };
});
