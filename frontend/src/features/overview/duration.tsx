import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { histogramQuery } from '@/api/queries/figures';
import { useChartGestures } from '@/app/chart-gestures';
import { useMoments } from '@/app/formats';
import { usePage } from '@/app/page-state';
import { Heat } from '@/charts/heat';
import { prepareHeat } from '@/charts/prepare/heat';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { Segmented } from '@/components/ui/segmented';
import { metrics } from './search';

type Metric = (typeof metrics)[number];

export function DurationPanel({ series }: { series: Source<Schemas['Series']> }) {
  const t = useTranslations('overview.duration');
  const { metric = 'duration' }: { metric?: Metric } = useSearch({ strict: false });
  const { query, set } = usePage();
  const histogram = useQuery(histogramQuery({ ...query, metric, granularity: 'auto' }));
  const metricSwitch = (
    <Segmented
      size="sm"
      label={t('metric')}
      value={metric}
      options={metrics.map((value) => ({ value, label: t(value === 'duration' ? 'total' : 'ttft') }))}
      onChange={(value) => set({ metric: value === 'duration' ? undefined : value })}
    />
  );
  const isEmpty = ({ data }: Schemas['Histogram']): boolean =>
    data.every(({ counts }) => counts.every((count) => count === 0));
  return (
    <Panel
      title={t('title')}
      sub={t('sub')}
      actions={metricSwitch}
      source={together(histogram, series)}
      height={150}
      empty={([answer]) => (isEmpty(answer) ? <Empty title={t('empty')} /> : null)}
    >
      {([answer, { data }]) => <DurationChart answer={answer} points={data} metric={metric} />}
    </Panel>
  );
}

function DurationChart({
  answer,
  points,
  metric,
}: {
  answer: Schemas['Histogram'];
  points: Schemas['Point'][];
  metric: Metric;
}) {
  const t = useTranslations('overview.duration');
  const texts = useTranslations('charts');
  const { lang, zone } = useMoments();
  const gestures = useChartGestures();
  const lineName = t('line');
  const prepare = useMemo(() => {
    const line = new Map(
      points.flatMap(({ timestamp, duration_ms, ttft_ms }): [number, number][] => {
        const value = (metric === 'ttft' ? ttft_ms : duration_ms)?.p95;
        return value === undefined ? [] : [[Date.parse(timestamp), value]];
      }),
    );
    return prepareHeat(answer, { line, lineName, zone, lang, texts });
  }, [answer, points, metric, lineName, zone, lang, texts]);
  return (
    <div className="flex min-h-0 flex-1 px-2 pb-1">
      <Heat name={t('title')} lineName={lineName} height={150} prepare={prepare} {...gestures} />
    </div>
  );
}
