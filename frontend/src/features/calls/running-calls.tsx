import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { cancelCall, inFlightQuery } from '@/api/queries/in-flight';
import { useLiveEvents } from '@/app/live';
import { Name } from '@/components/name';
import { StatusMark } from '@/components/status-mark';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { span } from '@/lib/format';
import { matching, type RunningLine, runningLines } from './running';
import type { CallsSearch } from './search';

const most = 4;
// The list is to grow at once and to shrink slowly, so that the table below it does not jump with each call.
const shrinkAfterMs = 6000;

/** What is under way, above the table: a running clock and, for an administrator, the way to end it. */
export default function RunningCalls({ search, canCancel }: { search: CallsSearch; canCancel: boolean }) {
  const t = useTranslations('calls.running');
  const client = useQueryClient();
  const { data } = useQuery(inFlightQuery());
  const [isWhole, setIsWhole] = useState(false);
  const now = useNow(100, (data?.items.length ?? 0) > 0);
  useLiveEvents((event) => {
    if (event.type === 'started' || event.type === 'ended')
      refreshSoon(() => client.invalidateQueries(inFlightQuery()));
  });
  const lines = runningLines(matching(data?.items ?? [], search), now);
  const shown = isWhole ? lines : lines.slice(0, most);
  const room = useSlow(shown.length + (lines.length > most ? 1 : 0));
  if (!room) return null;
  return (
    <section
      aria-label={t('label')}
      style={{ minHeight: room * 32 }}
      className="max-h-[40dvh] shrink-0 overflow-y-auto border-line border-b bg-sunken"
    >
      <ul>
        {shown.map((line) => (
          <Line key={line.call.request_id} line={line} canCancel={canCancel} />
        ))}
      </ul>
      {lines.length > most ? (
        <Button variant="link" size="inline" className="mx-4 h-8" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? t('fewer') : t('more', { count: lines.length - most })}
        </Button>
      ) : null}
    </section>
  );
}

function Line({ line: { call, ageMs, state }, canCancel }: { line: RunningLine; canCancel: boolean }) {
  const t = useTranslations('calls.running');
  const notify = useToast();
  const cancel = useMutation({
    mutationFn: () => cancelCall(call.request_id),
    onSuccess: () => notify(t('cancelled')),
    onError: (error) => notify(t('cancelFailed', { reason: error.message }), 'bad'),
  });
  const name = call.model_name ? `${call.provider_name}/${call.model_name}` : call.requested;
  return (
    <li className="flex h-8 items-center gap-3 pr-2 pl-4 touch:h-10">
      <span className="w-17 shrink-0">
        <StatusMark status="running" word={span(ageMs)} />
      </span>
      <span className="min-w-0 truncate">
        <Name name={name} most={30} />
      </span>
      <span className="shrink-0 text-ink-3 text-label max-sm:hidden">
        {t(state)}
        {call.attempt > 1 ? ` · ${t('attempt', { number: call.attempt })}` : ''}
        {call.api_key ? ` · ${call.api_key}` : ''}
      </span>
      {canCancel ? (
        <Button
          variant="quiet"
          size="inline"
          className="ml-auto px-2 touch:min-h-8!"
          disabled={cancel.isPending || cancel.isSuccess}
          aria-label={t('cancelThis', { name })}
          onClick={() => cancel.mutate()}
        >
          {t('cancel')}
        </Button>
      ) : null}
    </li>
  );
}

let isRefreshing = false;
/** Many calls begin and end in a second; the list is asked for at most four times. */
function refreshSoon(refresh: () => void): void {
  if (isRefreshing) return;
  isRefreshing = true;
  setTimeout(() => {
    isRefreshing = false;
    refresh();
  }, 250);
}

function useNow(everyMs: number, isOn: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isOn) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isOn]);
  return now;
}

/** The largest of the last seconds. */
function useSlow(value: number): number {
  const [kept, setKept] = useState(value);
  useEffect(() => {
    if (value >= kept) {
      setKept(value);
      return;
    }
    const timer = setTimeout(() => setKept(value), shrinkAfterMs);
    return () => clearTimeout(timer);
  }, [value, kept]);
  return Math.max(value, kept);
}
