import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { groupColours } from '@/charts/prepare/colours';
import { type GroupBy, isLocal } from '@/lib/group-by';

/** How each group of a chart is named and coloured, by its key in the answer. */
export type GroupNames = ReadonlyMap<string, { name: string; color: string }>;

export function useGroupNames(answer: Schemas['GroupedSeries'] | undefined, by: GroupBy): GroupNames {
  const t = useTranslations('charts');
  return useMemo(() => {
    const found = answer?.groups ?? [];
    const colours = groupColours(found);
    const others = (answer?.group_count ?? 0) - found.filter(({ is_others }) => !is_others).length;
    return new Map(
      found.map((group) => {
        const { group_name, is_others } = group;
        const name = is_others ? t('others', { count: others }) : isLocal(group, by) ? t('local') : group_name;
        return [group_name, { name, color: colours.get(group_name) ?? '' }];
      }),
    );
  }, [answer, by, t]);
}
