import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { groupedQuery } from '@/api/queries/figures';
import { useChartGestures } from '@/app/chart-gestures';
import { useMoments } from '@/app/formats';
import { type GroupNames, useGroupNames } from '@/app/group-names';
import { usePage } from '@/app/page-state';
import { Bars } from '@/charts/bars';
import { type Measure, prepareStack } from '@/charts/prepare/stack';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { Segmented } from '@/components/ui/segmented';
import { coveredFrom } from '@/lib/covered-from';
import { type GroupBy, groups } from '@/lib/group-by';
import { useUsageFilters } from './filters';
import type { UsageTable } from './rows';
import { UsageTableView } from './table';

const limit = 8;

interface BreakdownProps {
  statistics: Source<Schemas['StatisticsAnswer']>;
  granularity: 'day' | 'auto';
  by: GroupBy;
  measure: Measure;
  table: UsageTable | undefined;
  isAdmin: boolean;
}

/** The chosen card by group: its course, and a table that is the legend too. */
export function Breakdown({ statistics, granularity, by, measure, table, isAdmin }: BreakdownProps) {
  const t = useTranslations('usage.breakdown');
  const tb = useTranslations('overview.bucket');
  const { query, set } = usePage();
  const { query: filter } = useUsageFilters();
  const grouped = useQuery(groupedQuery({ ...query, ...filter, group_by: by, limit, granularity }));
  const names = useGroupNames(grouped.data, by);
  const source = together(grouped, statistics);
  const unpriced = measure === 'cost' ? (statistics.data?.overall.unpriced_calls ?? 0) : 0;
  return (
    <Panel
      title={t(`title.${measure}`)}
      sub={
        <>
          {grouped.data ? t('per', { bucket: tb(grouped.data.granularity) }) : null}
          <span className="flex items-center gap-2">
            {t('by')}
            <Segmented
              size="sm"
              label={t('group')}
              value={by}
              options={groups
                .filter((value) => isAdmin || value !== 'key')
                .map((value) => ({ value, label: t(`groups.${value}`) }))}
              onChange={(value) => set({ by: value === 'model' ? undefined : value })}
            />
          </span>
          {by === 'tag' ? <span>{t('tagNote')}</span> : null}
          {grouped.data && grouped.data.group_count > limit ? (
            <span className="max-sm:hidden">{t('cut', { shown: limit, all: grouped.data.group_count })}</span>
          ) : null}
        </>
      }
      source={source}
      height={520}
      coveredFrom={([series]) => coveredFrom(series)}
      empty={([, { overall }]) =>
        overall.total_calls === 0 ? <Empty title={t('empty')} hint={t('emptyHint')} /> : null
      }
    >
      {([answer]) => (
        <>
          <Chart answer={answer} measure={measure} names={names} />
          {table ? <UsageTableView table={table} by={by} measure={measure} names={names} unpriced={unpriced} /> : null}
        </>
      )}
    </Panel>
  );
}

interface ChartProps {
  answer: Schemas['GroupedSeries'];
  measure: Measure;
  names: GroupNames;
}

function Chart({ answer, measure, names }: ChartProps) {
  const t = useTranslations('usage.breakdown');
  const texts = useTranslations('charts');
  const { lang, zone } = useMoments();
  const gestures = useChartGestures();
  const prepare = useMemo(() => {
    const series = [...names].map(([key, { name, color }]) => ({ key, name, color }));
    return prepareStack(answer, { measure, zone, lang, texts, series });
  }, [answer, measure, names, zone, lang, texts]);
  return (
    <div className="flex px-2 pt-1 pb-1">
      <Bars name={t(`title.${measure}`)} height={232} prepare={prepare} {...gestures} />
    </div>
  );
}
