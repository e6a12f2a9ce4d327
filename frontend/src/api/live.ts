import { createParser } from 'eventsource-parser';
import { apiUrl, type Schemas } from './client';
import { session } from './session';

/** The stream of `/monitor/live`: goes on after the last id, backs off, and closes while nobody looks. */
export type LiveEvent =
  | { type: 'hello'; data: Schemas['Hello'] }
  | { type: 'started'; data: Schemas['InFlightView'] }
  | { type: 'ended'; data: Schemas['InvocationView'] }
  | { type: 'tick'; data: Schemas['Tick'] }
  | { type: 'event'; data: Schemas['EventView'] }
  | { type: 'behind'; data: Schemas['Behind'] };

export type LivePhase = 'off' | 'connecting' | 'live' | 'waiting' | 'hidden';

export interface LiveState {
  phase: LivePhase;
  /** When the next attempt is made, while waiting. */
  retryAt: number | undefined;
}

const known = new Set<string>(['hello', 'started', 'ended', 'tick', 'event', 'behind']);
const longestWait = 30_000;
// A comment comes each 15 s; twice that without a byte and the connection is gone.
const silence = 35_000;

export function backoff(failures: number): number {
  return Math.min(longestWait, 1000 * 2 ** failures);
}

export interface LiveOptions {
  /** Filters of `/monitor/live`, as in the URL of the API. */
  query?: Record<string, string>;
  onEvent: (event: LiveEvent) => void;
  onState: (state: LiveState) => void;
}

export class LiveConnection {
  readonly #options: LiveOptions;
  #lastId: string | undefined;
  #failures = 0;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  close(): void {
    this.#isOpen = false;
    document.removeEventListener('visibilitychange', this.#look);
    this.#stop();
    this.#options.onState({ phase: 'off', retryAt: undefined });
  }

  /** Tries at once, where a person does not want to wait. */
  retry(): void {
    if (!this.#isOpen) return;
    this.#stop();
    void this.#connect();
  }

  readonly #look = (): void => {
    this.#stop();
    if (document.visibilityState === 'hidden') this.#options.onState({ phase: 'hidden', retryAt: undefined });
    else void this.#connect();
  };

  #stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#options.onState({ phase: 'connecting', retryAt: undefined });
    try {
      await this.#read(abort);
    } catch {
      // Whatever broke it, the answer is to try again.
    }
    if (abort.signal.aborted && this.#abort !== abort) return;
    if (this.#isOpen && !session.isAnonymous()) this.#wait();
  }

  #wait(): void {
    const ms = backoff(this.#failures);
    this.#failures += 1;
    this.#options.onState({ phase: 'waiting', retryAt: Date.now() + ms });
    this.#timer = setTimeout(() => void this.#connect(), ms);
  }

  async #read(abort: AbortController): Promise<void> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (this.#lastId) headers['last-event-id'] = this.#lastId;
    const query = new URLSearchParams(this.#options.query).toString();
    const url = apiUrl(`monitor/live${query ? `?${query}` : ''}`);
    const response = await fetch(url, { headers, signal: abort.signal, cache: 'no-store' });
    if (response.status === 401) session.set(true);
    if (!response.ok || !response.body) return;

    const parser = createParser({ onEvent: ({ event, data, id }) => this.#take(event ?? '', data, id) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const watchdog = setTimeout(() => void reader.cancel(), silence);
      const { done, value } = await reader.read().finally(() => clearTimeout(watchdog));
      if (done || abort.signal.aborted) return;
      parser.feed(value);
    }
  }

  #take(type: string, data: string, id: string | undefined): void {
    if (!known.has(type)) return;
    const event = { type, data: JSON.parse(data) } as LiveEvent;
    if (event.type === 'hello') {
      this.#failures = 0;
      // Rows that end before the first `ended` must not be lost when the connection breaks.
      this.#lastId ??= String(event.data.last_id);
      this.#options.onState({ phase: 'live', retryAt: undefined });
    }
    if (id) this.#lastId = id;
    this.#options.onEvent(event);
  }
}
