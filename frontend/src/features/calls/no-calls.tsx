import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import type { FilterQuery } from '@/api/filters';
import { inFlightQuery } from '@/api/queries/in-flight';
import { invocationsQuery } from '@/api/queries/invocations';
import { useMoments } from '@/app/formats';
import { usePage } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { FirstMinute } from '@/components/first-minute/first-minute';
import { Button } from '@/components/ui/button';
import { boundsOf } from '@/lib/range';
import { filterEntries } from '@/lib/search';
import RunningCalls from './running-calls';
import type { CallsSearch } from './search';

const around = 30 * 60_000;

interface NoCallsProps {
  filters: FilterQuery;
  search: CallsSearch;
  canCancel: boolean;
}

/** Why there is nothing, and where the nearest call before is; without any call at all, how to make one. */
export default function NoCalls({ filters, search, canCancel }: NoCallsProps) {
  const t = useTranslations('calls.empty');
  const { range, isLive, set, setRange } = usePage();
  const { moment } = useMoments();
  const isFiltered = Object.keys(filters).length > 0;
  // To the minute, so that the question stays the same while one looks.
  const end = new Date(Math.floor(boundsOf(range, Date.now()).from / 60_000) * 60_000).toISOString();
  const earlier = useQuery(invocationsQuery({ ...filters, end_time: end, limit: 1 }));
  const any = useQuery({ ...invocationsQuery({ limit: 1 }), enabled: !isFiltered });
  const running = useQuery(inFlightQuery());
  const underWay = isLive && range.kind === 'relative' ? <RunningCalls search={search} canCancel={canCancel} /> : null;
  if (!isFiltered && any.data?.items.length === 0) {
    if (!running.data && !running.error) return null;
    return (
      <>
        {underWay}
        {running.data?.items.length ? <Empty title={t('underWay')} hint={t('underWayHint')} /> : <FirstMinute />}
      </>
    );
  }
  const last = earlier.data?.items[0];
  const go = (at: number): void => setRange({ kind: 'fixed', from: at - around, to: at + 60_000 });
  const clear = (): void => set(Object.fromEntries(Object.keys(filterEntries).map((name) => [name, undefined])));
  const searched = search.q !== undefined && earlier.data?.searched_to;
  return (
    <>
      {underWay}
      <Empty
        title={t(isFiltered ? 'filtered' : 'range')}
        hint={
          last
            ? t('earlier', { time: moment(last.started_at) })
            : earlier.data
              ? searched
                ? t('notFurther', { time: moment(earlier.data.searched_to ?? '') })
                : t('noneEarlier')
              : null
        }
        action={
          <span className="flex flex-wrap gap-2">
            {last ? (
              <Button variant="primary" onClick={() => go(Date.parse(last.started_at))}>
                {t('go', { time: moment(last.started_at) })}
              </Button>
            ) : null}
            {isFiltered ? <Button onClick={clear}>{t('clear')}</Button> : null}
          </span>
        }
      />
    </>
  );
}
