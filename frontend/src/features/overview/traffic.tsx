import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import clsx from 'clsx';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { eventsQuery } from '@/api/queries/events';
import { groupedQuery } from '@/api/queries/figures';
import { useChartGestures } from '@/app/chart-gestures';
import { useMoments } from '@/app/formats';
import { type GroupNames, useGroupNames } from '@/app/group-names';
import { carried, usePage } from '@/app/page-state';
import { Bars } from '@/charts/bars';
import { Marks } from '@/charts/marks';
import { prepareMarks } from '@/charts/prepare/marks';
import type { Box, Sample } from '@/charts/prepare/model';
import { type Measure, prepareStack } from '@/charts/prepare/stack';
import { Empty } from '@/components/empty';
import { Name, Swatch } from '@/components/name';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { Segmented } from '@/components/ui/segmented';
import { coveredFrom } from '@/lib/covered-from';
import { count, money, share, wholeCount } from '@/lib/format';
import { type GroupBy, groups } from '@/lib/group-by';
import { boundsOf } from '@/lib/range';
import { type Ranked, rank } from './ranking';
import { measures } from './search';

const limit = 8;

export function Traffic({ statistics }: { statistics: Source<Schemas['StatisticsAnswer']> }) {
  const t = useTranslations('overview.traffic');
  const tb = useTranslations('overview.bucket');
  const { by = 'model', measure = 'calls' }: { by?: GroupBy; measure?: Measure } = useSearch({ strict: false });
  const { query, set } = usePage();
  const grouped = useQuery(groupedQuery({ ...query, group_by: by, limit, granularity: 'auto' }));
  const source = together(grouped, statistics);
  const isEmpty = grouped.data?.groups.length === 0;
  const names = useGroupNames(grouped.data, by);

  const head = (
    <>
      {grouped.data ? t('sub', { what: t(measure), bucket: tb(grouped.data.granularity) }) : null}
      <span className="flex items-center gap-2">
        {t('by')}
        <Segmented
          size="sm"
          label={t('group')}
          value={by}
          options={groups.map((value) => ({ value, label: t(value) }))}
          onChange={(value) => set({ by: value === 'model' ? undefined : value })}
        />
      </span>
    </>
  );
  const measureSwitch = (
    <Segmented
      size="sm"
      label={t('measure')}
      value={measure}
      options={measures.map((value) => ({ value, label: t(value) }))}
      onChange={(value) => set({ measure: value === 'calls' ? undefined : value })}
    />
  );
  return (
    <div className={clsx('grid min-w-0 gap-3', !isEmpty && 'lg:grid-cols-[minmax(0,1fr)_minmax(340px,420px)]')}>
      <Panel
        title={t('title')}
        sub={head}
        actions={measureSwitch}
        source={grouped}
        height={280}
        coveredFrom={coveredFrom}
        empty={() => (isEmpty ? <Empty title={t('empty')} hint={t('emptyHint')} /> : null)}
      >
        {(answer) => <TrafficChart answer={answer} measure={measure} names={names} />}
      </Panel>
      {isEmpty ? null : (
        <Panel source={source} height={280}>
          {([answer, figures]) => (
            <Ranking rows={rank(answer, figures, by)} answer={answer} by={by} names={names} measure={measure} />
          )}
        </Panel>
      )}
    </div>
  );
}

function TrafficChart({
  answer,
  measure,
  names,
}: {
  answer: Schemas['GroupedSeries'];
  measure: Measure;
  names: GroupNames;
}) {
  const t = useTranslations('overview.traffic');
  const texts = useTranslations('charts');
  const { lang, zone } = useMoments();
  const gestures = useChartGestures();
  const prepare = useMemo(() => {
    const series = [...names].map(([key, { name, color }]) => ({ key, name, color }));
    return prepareStack(answer, { measure, zone, lang, texts, series, hasMarks: true });
  }, [answer, measure, names, zone, lang, texts]);
  return (
    <div className="flex min-h-0 flex-1 px-2 pt-1 pb-1">
      <Bars
        name={t('title')}
        height={232}
        prepare={prepare}
        over={({ samples, plot }) => <EventMarks samples={samples} plot={plot} />}
        {...gestures}
      />
    </div>
  );
}

function EventMarks({ samples, plot }: { samples: readonly Sample[]; plot: Box }) {
  const { range } = usePage();
  const { lang, zone } = useMoments();
  const { from, to } = boundsOf(range, Date.now());
  // To the minute, so that the key of the query does not change with each drawing.
  const start = new Date(Math.floor(from / 60_000) * 60_000).toISOString();
  const { data } = useQuery(eventsQuery({ start_time: start, limit: 200 }));
  const [first, last] = [samples[0], samples.at(-1)];
  if (!data || !first || !last) return null;
  const axis = { from: first.from, to: Math.min(last.to, to), zone, lang, now: Date.now() };
  const scaled = {
    ...plot,
    right: plot.left + ((axis.to - axis.from) / (last.to - first.from)) * (plot.right - plot.left),
  };
  return <Marks marks={prepareMarks(data.items, axis, scaled)} bottom={plot.bottom} />;
}

interface RankingProps {
  rows: Ranked[];
  answer: Schemas['GroupedSeries'];
  by: GroupBy;
  names: GroupNames;
  measure: Measure;
}

function Ranking({ rows, answer, by, names, measure }: RankingProps) {
  const t = useTranslations('overview.traffic');
  const shown = rows.filter(({ isOthers }) => !isOthers).length;
  const isCut = answer.group_count > shown;
  // Small screens have room for two figures.
  const [successOnly, costOnly] = measure === 'cost' ? ['max-sm:hidden', ''] : ['', 'max-sm:hidden'];
  const title = t(`ranked.${by}`, { shown: answer.group_count });
  return (
    <table className="tabular w-full table-fixed">
      <thead>
        <tr className="h-9 text-ink-3 text-label">
          <th scope="col" className="pl-4 text-left font-normal" title={by === 'tag' ? t('tagNote') : undefined}>
            {isCut ? t('ranked.of', { shown, total: title }) : title}
          </th>
          <th scope="col" className="w-14 text-right font-normal max-sm:w-20">
            {t('calls_')}
          </th>
          <th scope="col" className={`w-17 text-right font-normal max-sm:w-22 max-sm:pr-4 ${successOnly}`}>
            {t('success_')}
          </th>
          <th scope="col" className={`w-22 pr-4 text-right font-normal ${costOnly}`}>
            {t('cost_')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, filter, calls, successRate, cost }) => (
          <tr key={key} className="relative h-8 border-line border-t hover:bg-sunken touch:h-10">
            <th scope="row" className="truncate pl-4 text-left font-normal">
              <span className="flex min-w-0 items-center gap-2">
                <Swatch color={names.get(key)?.color ?? ''} />
                {filter ? (
                  <Link
                    to="/ui/calls"
                    search={((before: Record<string, string>) => ({ ...carried(before), ...filter })) as never}
                    className="min-w-0 truncate after:absolute after:inset-0"
                  >
                    <Name name={key} most={23} />
                  </Link>
                ) : (
                  <span className="truncate text-ink-2">{names.get(key)?.name}</span>
                )}
              </span>
            </th>
            <td className="text-right" title={wholeCount(calls)}>
              {count(calls)}
            </td>
            <td className={`text-right max-sm:pr-4 ${successOnly}`}>{share(successRate)}</td>
            <td className={`pr-4 text-right ${costOnly}`}>{money(cost)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
