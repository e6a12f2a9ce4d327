import { useCallback, useEffect, useRef, useState } from 'react';
import type { FilterQuery } from '@/api/filters';
import { LiveConnection } from '@/api/live';
import { arrived, type Call, noTail, released, type Tail } from './tail';

interface TailOptions {
  /** Of the list; another list begins another tail. */
  list: string;
  filters: FilterQuery;
  isOn: boolean;
  /** Where the stream goes on; undefined until the list is there. */
  after: number | undefined;
  /** More was missed than the stream can bring: the list is to be loaded anew. */
  onBehind: () => void;
}

// At most two drawings a second, however many calls end.
const everyMs = 500;

/** A stream of this list's own, with its filters: it takes up where the list ends and leaves no gap. */
export function useTail({ list, filters, isOn, after, onBehind }: TailOptions) {
  const [state, setState] = useState({ list, tail: noTail, seenAt: 0 });
  const isAway = useRef(false);
  const latest = useRef({ filters, onBehind });
  useEffect(() => {
    latest.current = { filters, onBehind };
  });
  const change = useCallback(
    (next: (tail: Tail) => Tail) =>
      setState((before) => ({ ...before, list, tail: next(before.list === list ? before.tail : noTail) })),
    [list],
  );

  useEffect(() => {
    if (!isOn || after === undefined) return;
    let waiting: Call[] = [];
    const flush = (): void => {
      if (!waiting.length) return;
      const calls = waiting;
      waiting = [];
      change((tail) => arrived(tail, calls, isAway.current));
    };
    const query = Object.fromEntries(Object.entries(latest.current.filters).map(([name, value]) => [name, `${value}`]));
    const connection = new LiveConnection({
      query: { ...query, ...(after > 0 ? { after: String(after) } : {}) },
      onState: () => {},
      onEvent: (event) => {
        if (event.type === 'ended') waiting.push(event.data);
        if (event.type === 'behind') latest.current.onBehind();
      },
    });
    connection.open();
    const timer = setInterval(flush, everyMs);
    return () => {
      clearInterval(timer);
      connection.close();
    };
  }, [isOn, after, change]);

  const tail = state.list === list ? state.tail : noTail;
  return {
    tail,
    release: useCallback(() => change(released), [change]),
    setAway: useCallback(
      (next: boolean) => {
        isAway.current = next;
        if (!next) change(released);
      },
      [change],
    ),
  };
}
