import createClient, { type Middleware } from 'openapi-fetch';
import { Problem, problemOf, unreachable } from './problem';
import type { components, paths } from './schema.gen';
import { session } from './session';

export type Schemas = components['schemas'];

/** The API lies beside the console: `api/` relative to `<base href>`. */
export function apiUrl(path: string): string {
  const base = new URL(__API_BASE__, document.baseURI);
  return new URL(path.replace(/^\//, ''), base).href;
}

const noticeLogin: Middleware = {
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/auth/login') session.set(true);
  },
};

export const api = createClient<paths>({
  baseUrl: apiUrl('').replace(/\/$/, ''),
  // Looked up at each call, so that a test may put its own in place.
  fetch: (request) => globalThis.fetch(request),
  querySerializer: { array: { style: 'form', explode: true } },
});
api.use(noticeLogin);

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer, or a `Problem`. Of a changing request: what it did. */
export async function answerOf<Data>(
  request: Promise<Outcome<Data>>,
): Promise<Exclude<NonNullable<Data>, Schemas['DryRun']>> {
  return (await dataOf(request)) as Exclude<NonNullable<Data>, Schemas['DryRun']>;
}

/** What a changing request with `dry_run: true` in its query would change, or why it would be refused. */
export async function dryRunOf<Data>(
  request: Promise<Outcome<Data>>,
): Promise<Extract<NonNullable<Data>, Schemas['DryRun']>> {
  return (await dataOf(request)) as Extract<NonNullable<Data>, Schemas['DryRun']>;
}

async function dataOf<Data>(request: Promise<Outcome<Data>>): Promise<NonNullable<Data>> {
  const { data, response } = await outcomeOf(request);
  if (data === undefined || data === null) throw new Problem('the answer is empty', response.status, 'empty');
  return data;
}

/** For an answer without a body. */
export async function doneBy(request: Promise<Outcome<unknown>>): Promise<void> {
  await outcomeOf(request);
}

async function outcomeOf<Data>(request: Promise<Outcome<Data>>): Promise<Outcome<Data>> {
  let outcome: Outcome<Data>;
  try {
    outcome = await request;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw unreachable(cause);
  }
  if (!outcome.response.ok) throw problemOf(outcome.response, outcome.error);
  return outcome;
}
