import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import type { CallsSearch } from './search';
import type { Call } from './tail';
import type { CallsList } from './use-calls';

export interface OpenCall {
  id: number | undefined;
  /** As the list has it; absent where the list does not hold it. */
  row: Call | undefined;
  open: (call: Pick<Call, 'id'>) => void;
  close: () => void;
  /** In the filtered list; where the call is not in it, by time. */
  neighbours: { previous: number | undefined; next: number | undefined } | undefined;
}

/** The open call stands in the URL. Opening one is a step that Back undoes; walking on is none. */
export function useOpenCall(list: CallsList): OpenCall {
  const search = useSearch({ strict: false }) as CallsSearch;
  const navigate = useNavigate();
  const id = search.call && /^\d+$/.test(search.call) ? Number(search.call) : undefined;
  const { rows, hasMore, more } = list;
  const index = id === undefined || !rows ? -1 : rows.findIndex((row) => row.id === id);
  const isOpen = id !== undefined;
  const go = useCallback(
    (call: string | undefined, replace: boolean) =>
      void navigate({ to: '.', search: (before) => ({ ...before, call }) as never, replace }),
    [navigate],
  );
  // A request id names one call: it is opened at once.
  const only = search.request && rows?.length === 1 && !isOpen ? rows[0]?.id : undefined;
  useEffect(() => {
    if (only !== undefined) go(String(only), true);
  }, [only, go]);
  // Walking towards the end brings the next page.
  const isNearEnd = rows !== undefined && index >= rows.length - 5 && hasMore;
  useEffect(() => {
    if (isOpen && index >= 0 && isNearEnd) more();
  }, [isOpen, index, isNearEnd, more]);
  return {
    id,
    row: rows?.[index],
    open: useCallback((call) => go(String(call.id), isOpen), [go, isOpen]),
    close: useCallback(() => go(undefined, true), [go]),
    neighbours: index < 0 ? undefined : { previous: rows?.[index - 1]?.id, next: rows?.[index + 1]?.id },
  };
}
