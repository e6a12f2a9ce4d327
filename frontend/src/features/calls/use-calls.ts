import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { filterQuery } from '@/api/filters';
import { unreachable } from '@/api/problem';
import { callsQuery, type InvocationsQuery } from '@/api/queries/invocations';
import { useLive } from '@/app/live';
import { usePage } from '@/app/page-state';
import type { CallsSearch } from './search';
import { type Call, lastIdOf, merged } from './tail';
import { useTail } from './use-tail';

const pageSize = 200;
const orderBy = { duration: 'duration_ms', tokens: 'total_tokens', cost: 'cost' } as const;

/** The filtered calls: pages from the table, and on top of them what ends while one looks. */
export function useCalls(search: CallsSearch) {
  const page = usePage();
  const live = useLive();
  const filters = useMemo(() => filterQuery(search), [search]);
  const [generation, setGeneration] = useState(0);
  const query = useMemo<InvocationsQuery>(
    () => ({
      ...page.query,
      ...filters,
      limit: pageSize,
      ...(search.order || search.asc
        ? { order_by: search.order ? orderBy[search.order] : 'started_at', order_desc: search.asc !== '1' }
        : {}),
    }),
    [page.query, filters, search.order, search.asc],
  );
  const list = useInfiniteQuery(callsQuery(query, generation));
  const pages = list.data?.pages;
  const loaded = useMemo(() => pages?.flatMap(({ items }) => items), [pages]);
  const isNewestFirst = !search.order && !search.asc;
  const isLive = page.isLive && page.range.kind === 'relative' && isNewestFirst;
  const isReady = pages !== undefined && !list.isPlaceholderData;
  const { tail, release, setAway } = useTail({
    list: JSON.stringify([query, generation]),
    filters,
    isOn: isLive,
    // An empty list has no last id; what ends from now on is all there is.
    after: isReady ? (lastIdOf(pages[0]?.items) ?? 0) : undefined,
    onBehind: useCallback(() => setGeneration((before) => before + 1), []),
  });
  const rows = useMemo(() => (loaded ? merged(loaded, tail.shown) : undefined), [loaded, tail.shown]);

  const [first, last] = [pages?.[0], pages?.at(-1)];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const isAway = isLive && live.phase === 'waiting';
  return {
    rows: rows as readonly Call[] | undefined,
    filters,
    total: first && first.total + (rows?.length ?? 0) - (loaded?.length ?? 0) + tail.held.length,
    isExact: first?.total_is_exact ?? true,
    /** How far back a search came that was broken off. */
    searchedTo: last?.searched_to ?? undefined,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    more,
    held: tail.held.length,
    release,
    setAway,
    source: {
      data: rows,
      error: list.error ?? (isAway ? unreachable('the stream is broken') : null),
      isPlaceholderData: list.isPlaceholderData,
      dataUpdatedAt: list.dataUpdatedAt,
      refetch: list.isFetchNextPageError ? list.fetchNextPage : list.refetch,
    },
  };
}

export type CallsList = ReturnType<typeof useCalls>;
