import { ChevronRight } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { StatusMark } from '@/components/status-mark';
import { span } from '@/lib/format';
import { Name } from '../name';
import { Excluded } from './excluded';
import { type Outcome, type RouteRow, routeRows } from './prepare-route';

// Of those that were not tried, the first tell enough.
const least = 5;

/** The candidates of a call in order, with what came of each, and the excluded ones. */
export function RouteView({ call }: { call: CallDetail }) {
  const t = useTranslations('call.route');
  const { route } = call;
  if (!route) return <p className="text-ink-3">{t('none')}</p>;
  // An attempt ends with its first content; the answer went on from there.
  const rows = routeRows(route, call.is_stream ? (call.timings?.stream_ms ?? 0) : 0);
  const tried = rows.findLastIndex(({ outcomes }) => outcomes.length > 0) + 1;
  const shown = Math.max(least, tried);
  const { pair } = route;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {pair ? (
        <p className="text-ink-2">
          {t('pair', { pair: pair.pair, side: t(pair.side), judge: t(`judge.${pair.judge}`) })}
          {pair.reasons.length ? `: ${pair.reasons.join(', ')}` : ''}
        </p>
      ) : null}
      <div className="@container/route">
        <Rows rows={rows.slice(0, shown)} />
        {rows.length > shown ? (
          <details className="group border-line border-t">
            <summary className="flex min-h-8 cursor-pointer items-center gap-1 text-ink-2 [&::-webkit-details-marker]:hidden">
              <ChevronRight aria-hidden size={14} strokeWidth={1.5} className="group-open:rotate-90" />
              {t('moreCandidates', { count: rows.length - shown })}
            </summary>
            <Rows rows={rows.slice(shown)} />
          </details>
        ) : null}
      </div>
      {route.more_candidates ? (
        <p className="text-ink-3">{t('moreCandidates', { count: route.more_candidates })}</p>
      ) : null}
      <Excluded leftOut={route.left_out} more={route.more_left_out} />
    </div>
  );
}

function Rows({ rows }: { rows: readonly RouteRow[] }) {
  const t = useTranslations('call.route');
  return (
    <ol start={rows[0]?.position}>
      {rows.map(({ position, model, reason, outcomes }) => (
        <li
          key={model}
          className="grid @[520px]/route:grid-cols-[16px_minmax(0,2fr)_minmax(0,1fr)_176px] grid-cols-[16px_minmax(0,1fr)_auto] items-baseline gap-x-3 border-line border-t py-1.5 first:border-t-0"
        >
          <span className="tabular text-right text-ink-3">{position}</span>
          <span className="min-w-0 truncate">
            <Name name={model} most={34} />
          </span>
          <span className="@max-[520px]/route:order-last @max-[520px]/route:col-span-2 @max-[520px]/route:col-start-2 text-ink-3">
            {reason ?? t('fallback')}
          </span>
          <span className="flex flex-col">
            {outcomes.length ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: attempts have no other name.
              outcomes.map((outcome, index) => <OutcomeLine key={index} outcome={outcome} />)
            ) : (
              <span className="text-ink-3">{t('notNeeded')}</span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

function OutcomeLine({ outcome: { status, word, ms, error } }: { outcome: Outcome }) {
  const t = useTranslations('call.route');
  return (
    <span title={error}>
      <StatusMark status={status} word={`${word ?? t('answered')} ${span(ms)}`} />
    </span>
  );
}
