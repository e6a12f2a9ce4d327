import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { healthQuery } from '@/api/queries/health';
import { invocationsQuery } from '@/api/queries/invocations';
import { useMoments } from '@/app/formats';
import { Panel } from '@/components/panel';
import { bytes, unknown, wholeCount } from '@/lib/format';

/** The one file that holds all: its calls, its size, how far back it goes. */
export function DatabasePanel() {
  const t = useTranslations('configuration.database');
  const { moment, iso } = useMoments();
  const health = useQuery(healthQuery());
  const { data: calls } = useQuery({ ...invocationsQuery({ limit: 1 }), refetchInterval: 10_000 });
  const kept = (days: number | null | undefined): string => (days ? t('days', { count: days }) : t('noBound'));
  const at = (time: string): ReactNode => <span title={iso(time)}>{moment(time)}</span>;
  return (
    <Panel title={t('title')} source={health} height={200}>
      {({ database, records }) => {
        const waiting = records.accepted - records.written;
        const facts: [string, ReactNode][] = [
          [t('calls'), calls ? `${calls.total_is_exact ? '' : '≥ '}${wholeCount(calls.total)}` : unknown],
          [t('oldest'), database ? (database.oldest_call_at ? at(database.oldest_call_at) : t('noCall')) : unknown],
          [t('covered'), database?.calls_kept_from ? at(database.calls_kept_from) : t('nothingDeleted')],
          [t('keepDays'), kept(database?.retention.keep_days)],
          [t('keepBodiesDays'), kept(database?.retention.keep_bodies_days)],
          [t('maxSize'), database?.retention.max_size_bytes ? bytes(database.retention.max_size_bytes) : t('noBound')],
          [t('size'), bytes(database?.bytes)],
          [t('free'), bytes(database?.free_bytes)],
          [t('log'), bytes(database?.log_bytes)],
          [t('waiting'), wholeCount(waiting)],
          ...(records.set_aside
            ? [
                [
                  t('setAside'),
                  <span key="aside" className="text-bad">
                    {wholeCount(records.set_aside)}
                  </span>,
                ] as [string, ReactNode],
              ]
            : []),
        ];
        return (
          <>
            <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5 border-line border-t px-4 py-3">
              {facts.map(([label, text]) => (
                <div key={label} className="contents">
                  <dt className="text-ink-3">{label}</dt>
                  <dd className="tabular text-right">{text}</dd>
                </div>
              ))}
            </dl>
            {database?.advice ? <p className="border-line border-t px-4 py-2 text-warn">{database.advice}</p> : null}
            {database ? null : <p className="border-line border-t px-4 py-2 text-bad">{t('unreadable')}</p>}
          </>
        );
      }}
    </Panel>
  );
}
