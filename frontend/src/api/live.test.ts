import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, LiveConnection, type LiveEvent, type LiveState } from './live';

const encoder = new TextEncoder();
let states: LiveState[] = [];
let events: LiveEvent[] = [];
let connection: LiveConnection;

function stream(text: string): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(text));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

const hello = 'event: hello\ndata: {"last_id":41,"in_flight":0,"server_time":"2026-11-27T12:00:00Z"}\n\n';
const ended = 'id: 42\nevent: ended\ndata: {"id":42}\n\n';

function setVisibility(value: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { value, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  states = [];
  events = [];
  connection = new LiveConnection({ onEvent: (event) => events.push(event), onState: (state) => states.push(state) });
});

afterEach(() => {
  connection.close();
  setVisibility('visible');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the live connection', () => {
  it('waits 1 2 4 … 30 s', () => {
    expect([0, 1, 2, 3, 4, 5, 9].map(backoff)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('goes on after the last id', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => stream(hello + ended));
    vi.stubGlobal('fetch', fetch);
    connection.open();
    await vi.advanceTimersByTimeAsync(1500);
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['hello', 'ended']);
    expect(fetch.mock.calls[1]?.[1].headers).toMatchObject({ 'last-event-id': '42' });
  });

  it('starts again from the beginning of the quiet time when nothing ended', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => stream(hello));
    vi.stubGlobal('fetch', fetch);
    connection.open();
    await vi.advanceTimersByTimeAsync(1500);
    expect(fetch.mock.calls[1]?.[1].headers).toMatchObject({ 'last-event-id': '41' });
  });

  it('backs off while the router is away', async () => {
    const fetch = vi.fn(async () => Promise.reject(new TypeError('refused')));
    vi.stubGlobal('fetch', fetch);
    connection.open();
    await vi.advanceTimersByTimeAsync(7500);
    expect(fetch).toHaveBeenCalledTimes(4);
    expect(states.at(-1)?.phase).toBe('waiting');
  });

  it('closes when hidden and comes back when seen', async () => {
    const fetch = vi.fn(async () => new Promise<Response>(() => {}));
    vi.stubGlobal('fetch', fetch);
    connection.open();
    setVisibility('hidden');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)?.phase).toBe('hidden');
    expect(fetch).toHaveBeenCalledTimes(1);
    setVisibility('visible');
    expect(fetch).toHaveBeenCalledTimes(2);
  });
});
