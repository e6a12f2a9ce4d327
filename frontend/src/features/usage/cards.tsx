import { useSearch } from '@tanstack/react-router';
import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { usePage } from '@/app/page-state';
import { DayBars } from '@/charts/day-bars';
import { amountOf, type Measure } from '@/charts/prepare/stack';
import { Change } from '@/components/change';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { changeOf, count, money, share, wholeCount } from '@/lib/format';
import { lengthOf } from '@/lib/range';
import { measures, type UsageSearch } from './search';

const day = 86_400_000;

interface CardsProps {
  statistics: Source<Schemas['StatisticsAnswer']>;
  series: Source<Schemas['Series']>;
}

/** Spend, tokens and requests; the chosen one opens to its breakdown below. */
export function Cards({ statistics, series }: CardsProps) {
  const t = useTranslations('usage.cards');
  const { measure: chosen = 'cost' }: UsageSearch = useSearch({ strict: false });
  const { range, set } = usePage();
  const days = lengthOf(range) / day;
  return (
    <Panel source={together(statistics, series)} height={112}>
      {([{ overall, previous }, { data }]) => (
        <fieldset aria-label={t('label')} className="grid divide-line max-md:divide-y md:grid-cols-3 md:divide-x">
          {measures.map((measure) => (
            <Card
              key={measure}
              measure={measure}
              isChosen={measure === chosen}
              now={overall}
              before={previous}
              points={data}
              days={days}
              onChoose={() => set({ measure: measure === 'cost' ? undefined : measure })}
            />
          ))}
        </fieldset>
      )}
    </Panel>
  );
}

function totalOf(figures: Schemas['Figures'], measure: Measure): number | undefined {
  if (measure === 'cost') return figures.total_cost;
  return measure === 'calls' ? figures.total_calls : figures.total_tokens;
}

interface CardProps {
  measure: Measure;
  isChosen: boolean;
  now: Schemas['Figures'];
  before: Schemas['Figures'] | undefined;
  points: readonly Schemas['Point'][];
  days: number;
  onChoose: () => void;
}

function Card({ measure, isChosen, now, before, points, days, onChoose }: CardProps) {
  const t = useTranslations('usage.cards');
  const total = totalOf(now, measure);
  const format = measure === 'cost' ? money : count;
  const whole = measure === 'cost' ? undefined : wholeCount(total);
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      aria-label={t('open', { name: t(measure) })}
      aria-describedby={`usage-${measure}`}
      onClick={onChoose}
      className={clsx(
        'relative flex min-w-0 items-end gap-5 px-4 pt-2.5 pb-3 text-left -outline-offset-2',
        'after:absolute after:inset-x-0 after:bottom-0 after:h-0.5',
        isChosen ? 'after:bg-ink-1' : 'hover:bg-sunken',
      )}
    >
      <span id={`usage-${measure}`} className="flex w-38 shrink-0 flex-col max-sm:w-34">
        <span className={clsx('text-label', isChosen ? 'font-medium text-ink-1' : 'text-ink-3')}>{t(measure)}</span>
        <span className="flex items-baseline gap-2">
          <span
            className="tabular font-medium text-figure"
            title={total === undefined && now.total_calls ? t('noCost') : whole}
          >
            {format(total)}
          </span>
          <span className="text-label">
            <Change change={changeOf(total, before && totalOf(before, measure))} />
          </span>
        </span>
        <span className="tabular truncate text-ink-2 text-label">
          {days > 1 && total !== undefined ? t('aDay', { value: format(total / days) }) : ' '}
        </span>
        <span className={clsx('tabular truncate text-label', noteTone(measure, now))}>{noteOf(measure, now, t)}</span>
      </span>
      <DayBars values={points.map((point) => ({ amount: amountOf(point, measure), isPartial: point.is_partial }))} />
    </button>
  );
}

type Texts = ReturnType<typeof useTranslations<'usage.cards'>>;

function noteOf(measure: Measure, now: Schemas['Figures'], t: Texts): string {
  if (measure === 'cost') return now.unpriced_calls ? t('unpriced', { count: count(now.unpriced_calls) }) : ' ';
  if (measure === 'calls') return t('failed', { count: count(now.error_calls) });
  return now.prompt_tokens ? t('cached', { share: share(now.cached_tokens / now.prompt_tokens) }) : ' ';
}

function noteTone(measure: Measure, now: Schemas['Figures']): string {
  return measure === 'cost' && now.unpriced_calls ? 'text-warn' : 'text-ink-3';
}
