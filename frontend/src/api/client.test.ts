import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerOf, api, apiUrl, dryRunOf } from './client';
import { Problem } from './problem';
import { session } from './session';

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  const response = () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => response()),
  );
}

const ask = () => answerOf(api.GET('/health'));

beforeEach(() => session.set(false));
afterEach(() => vi.unstubAllGlobals());

describe('the client', () => {
  it('stays under the base of the page', () => {
    const base = document.createElement('base');
    base.href = 'http://localhost/a/b/';
    document.head.append(base);
    // The development server's base is absolute; the build's is `api/`.
    const expected = __API_BASE__.startsWith('/') ? `http://localhost${__API_BASE__}` : 'http://localhost/a/b/api/';
    expect(apiUrl('/monitor/live')).toBe(`${expected}monitor/live`);
    base.remove();
  });

  it('gives the data', async () => {
    answer(200, { status: 'ok' });
    expect(await ask()).toEqual({ status: 'ok' });
  });

  it('gives the difference that a change would make', async () => {
    answer(200, { dry_run: true, changes: [], notices: ['a key would be cleared'] });
    const path = { provider: 'up', model: 'm' };
    const request = api.DELETE('/models/{provider}/{model}', { params: { path, query: { dry_run: true } } });
    expect((await dryRunOf(request)).notices).toEqual(['a key would be cleared']);
  });

  it('turns a refusal into a problem with its request id', async () => {
    answer(503, { detail: 'no database', code: 'unavailable', request_id: 'req-7' });
    await expect(ask()).rejects.toMatchObject({
      message: 'no database',
      status: 503,
      code: 'unavailable',
      requestId: 'req-7',
    });
  });

  it('reads the shape of OpenAI too, and the id from the header', async () => {
    answer(404, { error: { message: 'unknown model', code: 'model_not_found' } }, { 'x-request-id': 'req-8' });
    await expect(ask()).rejects.toMatchObject({
      message: 'unknown model',
      code: 'model_not_found',
      requestId: 'req-8',
    });
  });

  it('knows when the router is away', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('refused'))),
    );
    const problem = await ask().catch((error: unknown) => error);
    expect(problem instanceof Problem && problem.isUnreachable).toBe(true);
  });

  it('asks for a login after a 401', async () => {
    answer(401, { detail: 'no key' });
    await ask().catch(() => {});
    expect(session.isAnonymous()).toBe(true);
  });
});
