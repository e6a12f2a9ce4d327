import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Gestures } from '@/charts/use-gestures';
import { zoomed } from '@/lib/range';
import { usePage } from './page-state';

/** What charts of every page do: drag writes the range, double click widens it, Enter opens the bucket's calls. */
export function useChartGestures(filter?: Record<string, string>): Gestures {
  const { range, setRange } = usePage();
  const { tz }: { tz?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  return useMemo(
    () => ({
      onZoom: (from, to) => setRange({ kind: 'fixed', from, to }),
      onZoomOut: () => setRange(zoomed(range, 'out', Date.now())),
      onOpen: ({ from, to }) => {
        const bounds = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
        void navigate({ to: '/ui/calls', search: { tz, ...bounds, ...filter } as never });
      },
    }),
    [range, setRange, navigate, tz, filter],
  );
}
