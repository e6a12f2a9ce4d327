import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { seriesQuery } from '@/api/queries/figures';
import { keysQuery } from '@/api/queries/keys';
import { useMoments } from '@/app/formats';
import { usePage } from '@/app/page-state';
import { Lines } from '@/charts/lines';
import { prepareLines } from '@/charts/prepare/lines';
import { daysBefore, type Month, monthOf, prepareMonth, standingOf } from '@/charts/prepare/month';
import { Empty } from '@/components/empty';
import { Swatch } from '@/components/name';
import { Panel } from '@/components/panel';
import { Select } from '@/components/ui/field';
import { coveredFrom } from '@/lib/covered-from';
import { money } from '@/lib/format';
import { startOfDay } from '@/lib/zone';
import { useUsageFilters } from './filters';

interface Budget {
  usd: number;
  per: 'day' | 'month' | 'total';
  zone: string;
  used: number;
}

/** The key whose budget is drawn: the caller's own, or the one that the page is filtered by. */
function budgetOf(key: Schemas['KeyView'] | null | undefined): Budget | undefined {
  const { budget, used } = key ?? {};
  if (!budget?.usd || !used) return undefined;
  const per = budget.per ?? 'total';
  return { usd: budget.usd, per, zone: budget.time_zone ?? 'UTC', used: used[per].cost };
}

/** Cost of the running month, whatever the range is: solid to now, dotted after, with the budget. */
export function MonthPanel({ me }: { me: Schemas['MeView'] | undefined }) {
  const t = useTranslations('usage.month');
  const page = usePage();
  const { values, query: filter } = useUsageFilters();
  const isAdmin = me?.role === 'admin';
  const { data: keys } = useQuery({ ...keysQuery(), enabled: isAdmin });
  const chosen = isAdmin ? keys?.find(({ name }) => name === values.key) : me?.key;
  const budget = budgetOf(chosen);
  // A budget has a month of its own zone.
  const zone = budget?.per === 'month' ? budget.zone : page.zone;
  const now = Date.now();
  const { from, to } = monthOf(now, zone);
  const first = startOfDay(from, zone, -daysBefore);
  const source = useQuery(
    seriesQuery({
      ...filter,
      start_time: new Date(first).toISOString(),
      end_time: new Date(to).toISOString(),
      granularity: 'day',
      time_zone: zone,
    }),
  );
  const limited = keys?.filter((key) => budgetOf(key)?.per === 'month') ?? [];
  const name = useMonthName(from, zone);
  return (
    <Panel
      title={t('title')}
      sub={zone === page.zone ? t('sub', { month: name }) : t('subZone', { month: name, zone })}
      actions={
        limited.length ? (
          <Select
            aria-label={t('of')}
            className="w-auto! max-w-44"
            value={values.key ?? ''}
            onChange={(event) => page.set({ key: event.target.value || undefined })}
          >
            <option value="">{t('all')}</option>
            {limited.map(({ id, name: key, budget: own }) => (
              <option key={id} value={key}>
                {`${key} · ${money(own?.usd)}`}
              </option>
            ))}
            {values.key && !limited.some(({ name: key }) => key === values.key) ? (
              <option value={values.key}>{values.key}</option>
            ) : null}
          </Select>
        ) : null
      }
      source={source}
      height={320}
      coveredFrom={({ covered_from }) => coveredFrom({ covered_from, start_time: new Date(from).toISOString() })}
      empty={({ data }) =>
        prepareMonth(data, zone, now).isKnown ? null : <Empty title={t('empty')} hint={t('emptyHint')} />
      }
    >
      {({ data }) => <Course points={data} zone={zone} budget={budget} to={to} />}
    </Panel>
  );
}

function useMonthName(from: number, zone: string): string {
  const { lang } = useMoments();
  return new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: zone,
  }).format(from);
}

interface CourseProps {
  points: readonly Schemas['Point'][];
  zone: string;
  budget: Budget | undefined;
  to: number;
}

function Course({ points, zone, budget, to }: CourseProps) {
  const t = useTranslations('usage.month');
  const texts = useTranslations('charts');
  const { lang, date } = useMoments();
  // The running day moves on by itself; a drawing for each answer is enough.
  const month = useMemo(() => prepareMonth(points, zone, Date.now()), [points, zone]);
  const line = budget?.per === 'month' ? budget.usd : undefined;
  const prepare = useMemo(() => {
    const all = (value: number | undefined) => month.days.map(() => value);
    return prepareLines({
      buckets: month.days,
      granularity: 'day',
      unit: 'money',
      zone,
      lang,
      texts,
      band: { low: month.low, high: month.high },
      series: [
        { key: 'actual', name: t('actual'), color: 'var(--accent)', values: month.actual },
        { key: 'expected', name: t('forecast'), color: 'var(--accent)', values: month.expected, isDotted: true },
        ...(line === undefined ? [] : [{ key: 'budget', name: t('budget'), color: 'var(--bad)', values: all(line) }]),
      ],
    });
  }, [month, zone, lang, texts, t, line]);
  const end = date(to - 1);
  return (
    <>
      <dl className="flex flex-wrap gap-x-8 gap-y-2 px-4 pb-2">
        <Fact label={t('spent')} value={money(month.spent)} />
        <Fact
          label={t('expected', { date: end })}
          value={month.between ? money(month.end) : '—'}
          note={
            month.between
              ? t('between', { low: money(month.between.low), high: money(month.between.high) })
              : t('noBasis')
          }
        />
        {line === undefined ? null : <BudgetFact month={month} budget={line} />}
      </dl>
      <div className="flex min-h-0 flex-1 px-2 pb-1">
        <Lines name={t('title')} height={150} prepare={prepare} />
      </div>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 pt-1 pb-3 text-ink-3 text-label">
        <Key color="var(--accent)" text={t('actual')} />
        {month.basis ? (
          <span>
            <span aria-hidden className="mr-1.5 text-accent tracking-widest">
              ···
            </span>
            {t('forecast')}, {t('basis', { count: month.basis })}
          </span>
        ) : null}
        {line === undefined ? null : <Key color="var(--bad)" text={t('budget')} />}
        {budget && budget.per !== 'month' ? (
          <span>
            {t(budget.per === 'day' ? 'perDay' : 'perTotal', {
              budget: money(budget.usd),
              used: money(budget.used),
            })}
          </span>
        ) : null}
      </p>
    </>
  );
}

function Key({ color, text }: { color: string; text: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <Swatch color={color} />
      {text}
    </span>
  );
}

interface FactProps {
  label: string;
  value: string;
  note?: string;
  tone?: string;
}

function Fact({ label, value, note, tone = 'text-ink-3' }: FactProps) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-3 text-label">{label}</dt>
      <dd>
        <span className="tabular block font-medium text-title">{value}</span>
        {note ? <span className={`tabular block text-label ${tone}`}>{note}</span> : null}
      </dd>
    </div>
  );
}

function BudgetFact({ month, budget }: { month: Month; budget: number }) {
  const t = useTranslations('usage.month');
  const { date } = useMoments();
  const standing = standingOf(month, budget);
  const left = t('left', { left: money(Math.max(0, budget - month.spent)) });
  const end =
    standing.is === 'over'
      ? t('over')
      : standing.is === 'ends'
        ? t('ends', { date: date(standing.at) })
        : standing.is === 'lasts'
          ? t('lasts')
          : '';
  const tone = standing.is === 'over' ? 'text-bad' : standing.is === 'ends' ? 'text-warn' : 'text-ink-3';
  return (
    <Fact
      label={t('budget')}
      value={money(budget)}
      note={[standing.is === 'over' ? '' : left, end].filter(Boolean).join(' · ')}
      tone={tone}
    />
  );
}
