import { useTranslations } from 'use-intl';
import { StatusMark } from '@/components/status-mark';
import { span } from '@/lib/format';
import { Name } from '../name';
import type { Route } from './call-parts';
import { Excluded } from './excluded';
import { type Outcome, routeRows } from './prepare-route';

interface RouteViewProps {
  route: Route;
  /** How long the answer streamed after its first content. */
  streamMs?: number | null;
}

/** The candidates of a call in order, with what came of each, and the excluded ones. */
export function RouteView({ route, streamMs }: RouteViewProps) {
  const t = useTranslations('call.route');
  const rows = routeRows(route, streamMs ?? 0);
  const { pair } = route;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {pair ? (
        <p className="text-ink-2">
          {t('pair', { pair: pair.pair, side: t(pair.side), judge: t(`judge.${pair.judge}`) })}
          {pair.reasons.length ? `: ${pair.reasons.join(', ')}` : ''}
        </p>
      ) : null}
      <ol className="flex flex-col">
        {rows.map(({ position, model, reason, outcomes }) => (
          <li
            key={model}
            className="flex min-h-8 flex-wrap items-baseline gap-x-3 gap-y-0.5 border-line border-t py-1.5 first:border-t-0"
          >
            <span className="tabular w-4 shrink-0 text-right text-ink-3">{position}</span>
            <span className="min-w-0 flex-[2_1_180px]">
              <Name name={model} most={36} />
            </span>
            <span className="min-w-0 flex-[1_1_100px] text-ink-3 max-sm:pl-7">{reason ?? t('fallback')}</span>
            <span className="flex shrink-0 basis-40 flex-col max-sm:pl-7">
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
      {route.more_candidates ? (
        <p className="text-ink-3">{t('moreCandidates', { count: route.more_candidates })}</p>
      ) : null}
      <Excluded leftOut={route.left_out} more={route.more_left_out} />
    </div>
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
