import type { Answer } from './answer';
import type { Draft, Target } from './draft';

/** What was sent and what came of it; kept in this browser alone. */
export interface Run {
  id: string;
  at: number;
  draft: Draft;
  /** One, or two that were compared. */
  sides: { target: Target; answer: Answer }[];
}

const most = 50;
const store = 'runs';

// Images make a run large, so it is the browser's database and not its storage of texts.
function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('llm-router.playground', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(store, { keyPath: 'id' }).createIndex('at', 'at');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore<Result>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await open();
  try {
    return await new Promise<Result>((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const request = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Newest first. */
export async function readRuns(): Promise<Run[]> {
  const runs: Run[] = await inStore('readonly', (store) => store.getAll());
  return runs.sort((a, b) => b.at - a.at);
}

export async function keepRun(run: Run): Promise<void> {
  await inStore('readwrite', (store) => store.put(run));
  for (const { id } of (await readRuns()).slice(most)) await inStore('readwrite', (store) => store.delete(id));
}

export async function clearRuns(): Promise<void> {
  await inStore('readwrite', (store) => store.clear());
}
