import { apiUrl } from '@/api/client';
import { problemOf, unreachable } from '@/api/problem';
import { csvRows, jsonRows, type RowCounter, shareOfRows } from './rows-in';

/** One export at a time; it goes on while one looks at other pages. */
export type Format = 'csv' | 'excel' | 'json' | 'database';

export interface ExportState {
  format: Format;
  rows: number;
  /** Not known before the router has counted them. */
  total: number | undefined;
  phase: 'running' | 'done' | 'failed';
  error?: string;
}

const paths: Record<Format, string> = {
  csv: 'monitor/export/csv',
  excel: 'monitor/export/excel',
  json: 'monitor/export/json',
  database: 'monitor/database',
};
const counters: Record<Format, (total: number, bytes: number) => RowCounter> = {
  csv: csvRows,
  json: jsonRows,
  excel: shareOfRows,
  database: shareOfRows,
};

let state: ExportState | undefined;
let abort: AbortController | undefined;
const listeners = new Set<() => void>();

function set(next: ExportState | undefined): void {
  state = next;
  for (const listener of listeners) listener();
}

export const exportStore = {
  read: (): ExportState | undefined => state,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  dismiss(): void {
    abort?.abort();
    abort = undefined;
    set(undefined);
  },
  async start(format: Format, query: Record<string, unknown>): Promise<void> {
    exportStore.dismiss();
    const own = new AbortController();
    abort = own;
    set({ format, rows: 0, total: undefined, phase: 'running' });
    try {
      await download(format, query, own.signal);
    } catch (error) {
      if (own.signal.aborted) return;
      set({ format, rows: state?.rows ?? 0, total: state?.total, phase: 'failed', error: (error as Error).message });
    }
  },
};

async function download(format: Format, query: Record<string, unknown>, signal: AbortSignal): Promise<void> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const response = await fetch(apiUrl(`${paths[format]}?${search}`), { signal }).catch((cause) => {
    throw unreachable(cause);
  });
  if (!response.ok || !response.body) throw problemOf(response, await response.json().catch(() => undefined));
  const total = Number(response.headers.get('x-total-count') ?? 0);
  const count = counters[format](total, Number(response.headers.get('content-length') ?? 0));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body.getReader();
  let rows = 0;
  let shownAt = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value as Uint8Array<ArrayBuffer>);
    rows = count(value);
    if (Date.now() - shownAt < 200) continue;
    shownAt = Date.now();
    set({ format, rows, total, phase: 'running' });
  }
  save(new Blob(chunks), nameIn(response.headers.get('content-disposition')) ?? `llm_router_export.${format}`);
  set({ format, rows: total, total, phase: 'done' });
}

function nameIn(disposition: string | null): string | undefined {
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1];
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
