import { useSearch } from '@tanstack/react-router';
import { usePage } from '@/app/page-state';
import { writeRange } from '@/lib/range';
import { useUsageFilters } from './filters';

/** The search of Calls for what stands here: the range in full, since its default is another one, and the filters. */
export function useLinkToCalls(): (filter: Record<string, string>) => never {
  const { range } = usePage();
  const { values } = useUsageFilters();
  const { tz }: { tz?: string } = useSearch({ strict: false });
  return (filter) => ({ ...writeRange(range), tz, ...values, ...filter }) as never;
}
