import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';
import type { paths } from '../schema.gen';

export type EventsQuery = NonNullable<paths['/events']['get']['parameters']['query']>;

export function eventsQuery(query: EventsQuery) {
  return queryOptions({
    queryKey: ['events', query],
    queryFn: ({ signal }) => answerOf(api.GET('/events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

const pageSize = 50;

/** One page of several kinds: the newest of all their newest. */
export function mergeEvents(pages: readonly Schemas['EventList'][], size = pageSize): Schemas['EventList'] {
  const items = pages.flatMap((page) => page.items).sort((a, b) => b.id - a.id);
  const kept = items.slice(0, size);
  const hasMore = items.length > size || pages.some(({ next_before }) => next_before != null);
  return { items: kept, limit: size, next_before: hasMore ? (kept.at(-1)?.id ?? null) : null };
}

/** The journal, newest first, of the kinds named; all of them where none is. */
export function journalQuery(kinds: readonly string[], subject: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['events', 'journal', { kinds, subject }],
    queryFn: async ({ pageParam, signal }) => {
      const before = pageParam ?? undefined;
      const asked = kinds.length ? kinds : [undefined];
      const pages = await Promise.all(
        asked.map((kind) =>
          answerOf(api.GET('/events', { params: { query: { kind, subject, before, limit: pageSize } }, signal })),
        ),
      );
      return mergeEvents(pages);
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next_before }) => next_before,
    placeholderData: keepPreviousData,
  });
}
