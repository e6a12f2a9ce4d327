import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { FilterQuery } from '@/api/filters';
import { seriesQuery } from '@/api/queries/figures';
import { useChartGestures } from '@/app/chart-gestures';
import { useMoments } from '@/app/formats';
import { usePage } from '@/app/page-state';
import { Bars } from '@/charts/bars';
import { prepareStrip } from '@/charts/prepare/strip';
import { Panel } from '@/components/panel';
import { coveredFrom } from '@/lib/covered-from';

/** The calls of the range, filtered as the list is; drag narrows it, double click widens it. */
export default function RangeHistogram({ filters }: { filters: FilterQuery }) {
  const t = useTranslations('calls.histogram');
  const texts = useTranslations('charts');
  const { query } = usePage();
  const { lang, zone } = useMoments();
  const { onZoom, onZoomOut } = useChartGestures();
  const series = useQuery(seriesQuery({ ...query, ...filters, granularity: 'auto' }));
  const { data } = series;
  const prepare = useMemo(() => {
    const names = { failed: t('failed'), others: t('others') };
    return data && prepareStrip(data, { zone, lang, texts, names });
  }, [data, zone, lang, texts, t]);
  return (
    <Panel source={series} height={44} coveredFrom={coveredFrom} className="shrink-0">
      {() =>
        prepare ? (
          <div className="flex py-1">
            <Bars name={t('name')} height={36} prepare={prepare} onZoom={onZoom} onZoomOut={onZoomOut} />
          </div>
        ) : null
      }
    </Panel>
  );
}
