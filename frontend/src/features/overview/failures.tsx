import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { groupedQuery } from '@/api/queries/figures';
import { useChartGestures } from '@/app/chart-gestures';
import { useMoments } from '@/app/formats';
import { carried, usePage } from '@/app/page-state';
import { Bars } from '@/charts/bars';
import { failureColours } from '@/charts/prepare/colours';
import { prepareStack } from '@/charts/prepare/stack';
import { Empty } from '@/components/empty';
import { Swatch } from '@/components/name';
import { Panel } from '@/components/panel';
import { count, wholeCount } from '@/lib/format';

const shownClasses = 3;
const failed = { status: 'error' };

interface FailureClass {
  key: string;
  name: string;
  color: string;
  calls: number;
  isOthers: boolean;
}

export function FailuresPanel({ hasCalls }: { hasCalls: boolean }) {
  const t = useTranslations('overview.failures');
  const { query } = usePage();
  const source = useQuery(groupedQuery({ ...query, group_by: 'error', limit: shownClasses, granularity: 'auto' }));
  const groups = source.data?.groups;
  const classes = useMemo(() => classesOf(groups ?? [], t('other')), [groups, t]);
  return (
    <Panel
      title={t('title')}
      sub={classes.map((one) => <ClassLink key={one.key} one={one} />)}
      source={source}
      height={150}
      empty={() => (classes.length ? null : <Empty title={t('none')} hint={hasCalls ? t('noneHint') : undefined} />)}
    >
      {(answer) => <FailureChart answer={answer} classes={classes} />}
    </Panel>
  );
}

function classesOf(groups: readonly Schemas['Group'][], other: string): FailureClass[] {
  const colours = failureColours(groups.filter(({ is_others }) => !is_others).map(({ group_name }) => group_name));
  return groups.map(({ group_name, is_others, total_calls }) => ({
    key: group_name,
    name: is_others ? other : group_name.replace(/^upstream_(?!error$)/, '').replaceAll('_', ' '),
    color: colours.get(group_name) ?? 'var(--idle)',
    calls: total_calls,
    isOthers: is_others,
  }));
}

function ClassLink({ one: { key, name, color, calls, isOthers } }: { one: FailureClass }) {
  const filter = isOthers ? failed : { error: key };
  return (
    <Link
      to="/ui/calls"
      search={((before: Record<string, string>) => ({ ...carried(before), ...filter })) as never}
      title={`${key} · ${wholeCount(calls)}`}
      className="tabular flex min-h-6 items-center gap-1.5 text-ink-2 hover:underline"
    >
      <Swatch color={color} />
      {name} {count(calls)}
    </Link>
  );
}

function FailureChart({ answer, classes }: { answer: Schemas['GroupedSeries']; classes: readonly FailureClass[] }) {
  const t = useTranslations('overview.failures');
  const texts = useTranslations('charts');
  const { lang, zone } = useMoments();
  const gestures = useChartGestures(failed);
  const prepare = useMemo(
    () => prepareStack(answer, { measure: 'calls', zone, lang, texts, series: classes }),
    [answer, classes, zone, lang, texts],
  );
  return (
    <div className="flex min-h-0 flex-1 px-2 pb-1">
      <Bars name={t('title')} height={150} prepare={prepare} {...gestures} />
    </div>
  );
}
