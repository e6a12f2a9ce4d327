import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { seriesQuery, statisticsQuery } from '@/api/queries/figures';
import { meQuery } from '@/api/queries/me';
import { useLiveFigures } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { lengthOf } from '@/lib/range';
import { Breakdown } from './breakdown';
import { CachingPanel } from './caching-panel';
import { Cards } from './cards';
import { ExportMenu } from './export-menu';
import { UsageFilters, useUsageFilters } from './filters';
import { MonthPanel } from './month-panel';
import { most, usageTable } from './rows';
import type { UsageSearch } from './search';
import { UnpricedPanel } from './unpriced-panel';

const day = 86_400_000;

export function UsagePage() {
  const t = useTranslations('app.pages');
  const { query, range, isLive, isCompared } = usePage();
  const { query: filter } = useUsageFilters();
  const { data: me } = useQuery(meQuery());
  useLiveFigures(range, isLive);
  const length = lengthOf(range);
  // A bar a day, where that makes a picture; the router chooses elsewhere.
  const granularity = length >= 2 * day && length <= 93 * day ? 'day' : 'auto';
  const all = { ...query, ...filter };
  const statistics = useQuery(statisticsQuery({ ...all, compare: isCompared || undefined, limit: most }));
  const series = useQuery(seriesQuery({ ...all, granularity }));
  const isAdmin = me?.role === 'admin';
  const { by: wanted = 'model', measure = 'cost' }: UsageSearch = useSearch({ strict: false });
  // A key of a user has only its own calls.
  const by = wanted === 'key' && !isAdmin ? 'model' : wanted;
  const figures = statistics.data;
  const table = useMemo(() => figures && usageTable(figures, by, measure), [figures, by, measure]);
  return (
    <>
      <PageHead
        title={t('usage')}
        hasRange
        hasCompare
        hasLive
        actions={table?.rows.length ? <ExportMenu table={table} by={by} /> : null}
      />
      <UsageFilters isAdmin={isAdmin} />
      <Cards statistics={statistics} series={series} />
      <Breakdown
        statistics={statistics}
        granularity={granularity}
        by={by}
        measure={measure}
        table={table}
        isAdmin={isAdmin}
      />
      <div className="grid min-w-0 gap-3 lg:grid-cols-2">
        <MonthPanel me={me} />
        <div className="flex min-w-0 flex-col gap-3">
          <UnpricedPanel statistics={statistics} isAdmin={isAdmin} />
          <CachingPanel statistics={statistics} />
        </div>
      </div>
    </>
  );
}
