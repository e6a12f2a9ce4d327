import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { filterQuery } from '@/api/filters';
import { facetsQuery } from '@/api/queries/facets';
import { usePage } from '@/app/page-state';
import { FilterBar } from '@/components/filter-bar/filter-bar';
import type { FilterField } from '@/components/filter-bar/tokens';
import { groups } from '@/lib/group-by';
import type { UsageSearch } from './search';

/** The filters of the URL, by name and as the API takes them. */
export function useUsageFilters() {
  const { model, provider, key, tag }: UsageSearch = useSearch({ strict: false });
  return useMemo(() => {
    const values = { model, provider, key, tag };
    return { values, query: filterQuery(values as never) };
  }, [model, provider, key, tag]);
}

export function UsageFilters({ isAdmin }: { isAdmin: boolean }) {
  const t = useTranslations('usage.filter');
  const { query, set } = usePage();
  const { values } = useUsageFilters();
  const { data: facets } = useQuery(facetsQuery({ ...query }));
  const fields = useMemo(() => {
    const options = { model: facets?.models, provider: facets?.providers, key: facets?.keys, tag: facets?.tags };
    return groups
      .filter((name) => isAdmin || name !== 'key')
      .map(
        (name): FilterField => ({
          name,
          label: t(name),
          kind: 'value',
          options: (options[name] ?? []).map(({ name: value, calls }) => ({ value, count: calls })),
        }),
      );
  }, [facets, isAdmin, t]);
  // A sum has no text to search in.
  const change = ({ q: _, ...changes }: Record<string, string | undefined>): void => set(changes);
  return <FilterBar fields={fields} values={values} onChange={change} placeholder={t('placeholder')} />;
}
