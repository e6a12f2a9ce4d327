import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { Spark } from '@/charts/spark';
import { Change } from '@/components/change';
import { Metric } from '@/components/metric';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import {
  changeOf,
  count,
  countParts,
  money,
  type Parts,
  pointsOf,
  share,
  shareParts,
  span,
  spanParts,
  wholeCount,
} from '@/lib/format';

interface StripProps {
  statistics: Source<Schemas['StatisticsAnswer']>;
  series: Source<Schemas['Series']>;
}

/** Six figures in one frame: value, change against before, shape. */
export function Strip({ statistics, series }: StripProps) {
  const t = useTranslations('overview.strip');
  return (
    <Panel source={together(statistics, series)} height={112}>
      {([{ overall, previous }, { data }]) => (
        <dl
          aria-label={t('label')}
          className="grid grid-cols-2 divide-line md:grid-cols-3 xl:grid-cols-6 xl:divide-x max-xl:[&>*]:border-line max-xl:[&>*]:border-b max-xl:[&>*]:-mb-px"
        >
          <Figures now={overall} before={previous} points={data} />
        </dl>
      )}
    </Panel>
  );
}

interface FiguresProps {
  now: Schemas['Overall'];
  before: Schemas['Overall'] | undefined;
  points: Schemas['Point'][];
}

function Figures({ now, before, points }: FiguresProps) {
  const t = useTranslations('overview.strip');
  const tc = useTranslations('app.change');
  const successes = points.map(({ success_calls, error_calls }) => {
    const decided = success_calls + error_calls;
    return decided ? success_calls / decided : undefined;
  });
  const isFailing = now.error_calls > 0 && now.success_rate !== undefined && now.success_rate < 0.95;
  const cached = now.prompt_tokens ? now.cached_tokens / now.prompt_tokens : undefined;
  return (
    <>
      <Metric
        label={t('calls')}
        value={countParts(now.total_calls)}
        title={wholeCount(now.total_calls)}
        change={<Change change={changeOf(now.total_calls, before?.total_calls)} />}
        note={before ? tc('from', { before: count(before.total_calls) }) : null}
        spark={<Spark values={points.map(({ total_calls }) => total_calls)} floor={0} />}
      />
      <Metric
        label={t('success')}
        value={shareParts(now.success_rate)}
        change={<Change change={pointsOf(now.success_rate, before?.success_rate)} good="up" />}
        note={t('failed', { count: count(now.error_calls) })}
        spark={<Spark values={successes} color={isFailing ? 'var(--bad)' : undefined} floor={0.9} />}
      />
      <Timing
        label={t('ttft')}
        now={now.ttft_ms}
        before={before?.ttft_ms}
        missing={t('noTtft')}
        values={points.map(({ ttft_ms }) => ttft_ms?.p50)}
      />
      <Timing
        label={t('duration')}
        now={now.duration_ms}
        before={before?.duration_ms}
        hasP99
        values={points.map(({ duration_ms }) => duration_ms?.p50)}
      />
      <Metric
        label={t('tokens')}
        value={countParts(now.total_tokens)}
        title={wholeCount(now.total_tokens)}
        change={<Change change={changeOf(now.total_tokens, before?.total_tokens)} />}
        note={[t('in', { value: count(now.prompt_tokens) }), cached && t('cached', { share: share(cached) })]
          .filter(Boolean)
          .join(' · ')}
        spark={<Spark values={points.map(({ total_tokens }) => total_tokens)} floor={0} />}
      />
      <Metric
        label={t('cost')}
        value={moneyParts(now.total_cost)}
        title={now.total_cost === undefined ? t('noCost') : undefined}
        change={<Change change={changeOf(now.total_cost, before?.total_cost)} />}
        note={
          now.unpriced_calls
            ? t('unpriced', { count: count(now.unpriced_calls) })
            : now.total_calls
              ? t('allPriced')
              : null
        }
        spark={<Spark values={points.map(({ total_cost }) => total_cost ?? 0)} floor={0} />}
      />
    </>
  );
}

function moneyParts(value: number | undefined): Parts {
  return { value: money(value), unit: '' };
}

interface TimingProps {
  label: string;
  now: Schemas['Percentiles'] | undefined;
  before: Schemas['Percentiles'] | undefined;
  values: (number | undefined)[];
  hasP99?: boolean;
  missing?: string;
}

function Timing({ label, now, before, values, hasP99, missing }: TimingProps) {
  const t = useTranslations('overview.strip');
  return (
    <Metric
      label={label}
      value={spanParts(now?.p50)}
      suffix="p50"
      title={now ? undefined : missing}
      change={<Change change={changeOf(now?.p50, before?.p50)} good="down" />}
      note={
        now
          ? [t('p95', { value: span(now.p95) }), hasP99 && t('p99', { value: span(now.p99) })]
              .filter(Boolean)
              .join(' · ')
          : missing
      }
      spark={<Spark values={values} />}
    />
  );
}
