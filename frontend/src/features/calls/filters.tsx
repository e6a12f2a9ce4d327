import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { facetsQuery } from '@/api/queries/facets';
import { usePage } from '@/app/page-state';
import { FilterBar } from '@/components/filter-bar/filter-bar';
import { colorOf } from '@/lib/color-of';
import { filterFields } from './filter-fields';
import type { CallsSearch } from './search';

export function useFacets() {
  const { query } = usePage();
  const { data } = useQuery(facetsQuery(query));
  // By rank, as on the Overview: a model has one colour on both pages.
  const colours = useMemo(() => colorOf((data?.models ?? []).map(({ name }) => name)), [data]);
  return { facets: data, colours };
}

interface FiltersProps {
  search: CallsSearch;
  facets: ReturnType<typeof useFacets>['facets'];
  hasKeys: boolean;
}

export function Filters({ search, facets, hasKeys }: FiltersProps) {
  const t = useTranslations('calls');
  const { set } = usePage();
  const fields = useMemo(
    () => filterFields({ facets, label: (name) => t(`filter.${name}`), local: t('local'), hasKeys }),
    [facets, t, hasKeys],
  );
  return <FilterBar fields={fields} values={search} onChange={(changes) => set({ ...changes, call: undefined })} />;
}
