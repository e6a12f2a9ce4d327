import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { seriesQuery, statisticsQuery } from '@/api/queries/figures';
import { invocationsQuery } from '@/api/queries/invocations';
import { useLiveFigures } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { FirstMinute } from '@/components/first-minute/first-minute';
import type { Source } from '@/components/panel-state';
import { Attention } from './attention';
import { DurationPanel } from './duration';
import { FailuresPanel } from './failures';
import { NewestFailures } from './newest';
import { ProvidersPanel } from './providers';
import { Strip } from './strip';
import { Traffic } from './traffic';

export function OverviewPage() {
  const t = useTranslations('app.pages');
  const { query, range, isLive, isCompared } = usePage();
  useLiveFigures(range, isLive);
  const statistics = useQuery(statisticsQuery({ ...query, compare: isCompared || undefined, limit: 10 }));
  const series = useQuery(seriesQuery({ ...query, granularity: 'auto' }));
  const isEmpty = statistics.data?.overall.total_calls === 0;
  const any = useQuery({ ...invocationsQuery({ limit: 1 }), enabled: isEmpty });
  const isNew = isEmpty && any.data?.total === 0;
  return (
    <>
      <PageHead title={t('overview')} hasRange hasCompare hasLive />
      <Attention unpriced={statistics.data?.overall.unpriced_calls ?? 0} isNew={isNew} />
      {isNew ? (
        <FirstMinute />
      ) : (
        <>
          <Figures statistics={statistics} series={series} />
          <div className="grid min-w-0 gap-3 lg:grid-cols-2">
            <ProvidersPanel />
            <NewestFailures statistics={statistics} />
          </div>
        </>
      )}
    </>
  );
}

interface FiguresProps {
  statistics: Source<Schemas['StatisticsAnswer']>;
  series: Source<Schemas['Series']>;
}

function Figures({ statistics, series }: FiguresProps) {
  return (
    <>
      <Strip statistics={statistics} series={series} />
      <Traffic statistics={statistics} />
      <div className="grid min-w-0 gap-3 lg:grid-cols-2">
        <DurationPanel series={series} />
        <FailuresPanel hasCalls={statistics.data?.overall.total_calls !== 0} />
      </div>
    </>
  );
}
