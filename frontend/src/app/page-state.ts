import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { defaultRange, type Range, rangeQuery, readRange, readZone, writeRange } from '@/lib/range';
import type { PageSearch } from '@/lib/search';
import { browserZone } from '@/lib/zone';

export interface PageState {
  range: Range;
  zone: string;
  isCompared: boolean;
  isLive: boolean;
  /** The range and zone as the API takes them. */
  query: { time_range?: string; start_time?: string; end_time?: string; time_zone: string };
  setRange: (range: Range) => void;
  /** Changes the URL in place; `undefined` takes a parameter out. */
  set: (search: Record<string, string | string[] | undefined>) => void;
}

// Money is looked at by the month, all else by the day.
const defaults: Record<string, string> = { usage: '30d' };

/** The state that every page keeps in its URL. */
export function usePage(): PageState {
  const search: PageSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const fallback = useLocation({
    select: ({ pathname }) => defaults[pathname.split('/').at(-1) ?? ''] ?? defaultRange,
  });
  const { range, from, to, tz, compare, live } = search;
  return useMemo(() => {
    const read = readRange({ range, from, to }, fallback);
    const zone = readZone({ tz }, browserZone());
    const set: PageState['set'] = (changes) =>
      void navigate({ to: '.', search: (before) => ({ ...before, ...changes }) as never, replace: true });
    return {
      range: read,
      zone,
      isCompared: compare !== 'off',
      isLive: live !== 'off',
      query: { ...rangeQuery(read), time_zone: zone },
      setRange: (next) => set({ ...writeRange(next, fallback) }),
      set,
    };
  }, [range, from, to, tz, compare, live, fallback, navigate]);
}

/** What goes along to the next page: the range and its zone, not the filters. */
export function carried(search: PageSearch): PageSearch {
  const { range, from, to, tz } = search;
  return { range, from, to, tz };
}
