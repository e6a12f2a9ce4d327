import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { LiveConnection, type LiveEvent, type LiveState } from '@/api/live';
import { figuresKey } from '@/api/queries/figures';
import { session } from '@/api/session';
import { lengthOf, type Range } from '@/lib/range';

/** One connection for the whole console: its state stands in the rail, its ticks refresh the figures. */
export interface LiveView extends LiveState {
  inFlight: number;
}

type Handler = (event: LiveEvent) => void;

class LiveStore {
  #view: LiveView = { phase: 'off', retryAt: undefined, inFlight: 0 };
  readonly #listeners = new Set<() => void>();
  readonly #handlers = new Set<Handler>();
  readonly connection = new LiveConnection({
    onState: (state) => this.#set({ ...this.#view, ...state }),
    onEvent: (event) => {
      if (event.type === 'tick' || event.type === 'hello') this.#setInFlight(event.data.in_flight);
      for (const handler of this.#handlers) handler(event);
    },
  });

  readonly view = (): LiveView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  listen(handler: Handler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #setInFlight(inFlight: number): void {
    if (inFlight !== this.#view.inFlight) this.#set({ ...this.#view, inFlight });
  }

  #set(view: LiveView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

const LiveContext = createContext<LiveStore | undefined>(undefined);

export function LiveProvider({ children }: { children: ReactNode }) {
  const store = useMemo(() => new LiveStore(), []);
  const client = useQueryClient();
  useEffect(() => {
    let wasAway = false;
    return store.subscribe(() => {
      const { phase } = store.view();
      // Whether the router is away is found out at once, so that figures say of when they are.
      if (phase === 'waiting' && !wasAway) {
        wasAway = true;
        void client.invalidateQueries();
      }
      // The router is back: what failed or grew old meanwhile is asked for again.
      if (phase === 'live' && wasAway) {
        wasAway = false;
        void client.invalidateQueries();
      }
    });
  }, [store, client]);
  useEffect(() => {
    const follow = (): void => (session.isAnonymous() ? store.connection.close() : store.connection.open());
    follow();
    const stop = session.subscribe(follow);
    return () => {
      stop();
      store.connection.close();
    };
  }, [store]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

function useStore(): LiveStore {
  const store = useContext(LiveContext);
  if (!store) throw new Error('LiveProvider is missing');
  return store;
}

export function useLive(): LiveView & { retry: () => void } {
  const store = useStore();
  const view = useSyncExternalStore(store.subscribe, store.view);
  return { ...view, retry: () => store.connection.retry() };
}

/** Hears each event of the stream while the component is there. */
export function useLiveEvents(handler: Handler): void {
  const store = useStore();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => store.listen((event) => latest.current(event)), [store]);
}

/** A long range changes slowly; it need not be summed each second. */
export function refreshEvery(range: Range): number {
  return Math.min(60_000, Math.max(1000, lengthOf(range) / 20_000));
}

/** Refreshes the figures when calls have ended, at most once in `refreshEvery`. */
export function useLiveFigures(range: Range, isLive: boolean): void {
  const client = useQueryClient();
  const changed = useRef(false);
  const refreshedAt = useRef(0);
  useLiveEvents((event) => {
    if (event.type === 'event') void client.invalidateQueries({ queryKey: ['events'] });
    if (event.type !== 'tick' || !isLive || range.kind === 'fixed') return;
    if (event.data.calls > 0) changed.current = true;
    if (!changed.current || Date.now() - refreshedAt.current < refreshEvery(range)) return;
    changed.current = false;
    refreshedAt.current = Date.now();
    void client.invalidateQueries({ queryKey: [figuresKey] });
  });
}
