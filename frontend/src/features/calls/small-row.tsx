import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { Name } from '@/components/name';
import { StatusMark, statusOf } from '@/components/status-mark';
import { money, span } from '@/lib/format';
import { Attempts } from './columns';
import type { Call } from './tail';
import { modelOf, previewOf } from './words';

/** A call in two lines, for small screens. */
export function SmallRow({ call }: { call: Call }) {
  const t = useTranslations('calls');
  const { moment } = useMoments();
  return (
    <>
      <div className="flex items-center gap-2">
        <StatusMark status={statusOf(call)} word={String(call.http_status)} />
        <span className="min-w-0 truncate">
          <Name name={modelOf(call)} most={call.attempts > 1 ? 16 : 24} />
        </span>
        <Attempts call={call} t={t} />
        <span className="ml-auto shrink-0 text-ink-3 text-label">{moment(call.started_at)}</span>
      </div>
      <div className="flex items-center gap-3 text-label">
        <span className="min-w-0 flex-1 truncate text-ink-2">{previewOf(call)}</span>
        <span className="shrink-0">{span(call.duration_ms)}</span>
        <span className="shrink-0 text-ink-3">{money(call.cost)}</span>
      </div>
    </>
  );
}
