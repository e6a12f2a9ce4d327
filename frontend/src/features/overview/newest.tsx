import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { useMoments } from '@/app/formats';
import { carried } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import type { Source } from '@/components/panel-state';
import { StatusMark, statusOf } from '@/components/status-mark';
import { span } from '@/lib/format';

/** Five, each a link to its call. */
export function NewestFailures({ statistics }: { statistics: Source<Schemas['StatisticsAnswer']> }) {
  const t = useTranslations('overview.newest');
  return (
    <Panel
      title={t('title')}
      actions={
        <Link
          to="/ui/calls"
          search={((before: Record<string, string>) => ({ ...carried(before), status: 'error' })) as never}
          className="font-medium text-accent hover:underline"
        >
          {t('all')}
        </Link>
      }
      source={statistics}
      empty={({ recent_errors }) => (recent_errors.length ? null : <Empty title={t('none')} hint={t('noneHint')} />)}
    >
      {({ recent_errors }) => (
        <ul>
          {recent_errors.map((call) => (
            <Failure key={call.id} call={call} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Failure({ call }: { call: Schemas['InvocationView'] }) {
  const t = useTranslations('overview.newest');
  const { moment, iso } = useMoments();
  const name = call.model_name ? `${call.provider_name}/${call.model_name}` : call.requested;
  const message = call.error_message?.replace(/^provider `[^`]+`: /, '');
  return (
    <li className="relative flex min-h-[52px] flex-col justify-center gap-0.5 border-line border-t px-4 py-1.5 hover:bg-sunken">
      <div className="flex min-w-0 items-center gap-3">
        <StatusMark status={statusOf(call)} word={String(call.http_status)} />
        <Link
          to="/ui/calls"
          search={
            ((before: Record<string, string>) => ({
              ...carried(before),
              status: 'error',
              call: String(call.id),
            })) as never
          }
          className="min-w-0 truncate after:absolute after:inset-0"
        >
          <Name name={name} most={34} />
        </Link>
        {call.attempts > 1 ? (
          <span className="shrink-0 rounded-chip bg-warn-bg px-1.5 text-mark text-warn leading-5 max-sm:hidden">
            {t('attempts', { count: call.attempts })}
          </span>
        ) : null}
        <span className="tabular ml-auto shrink-0 text-ink-3 text-label" title={iso(call.started_at)}>
          {moment(call.started_at)} · {span(call.duration_ms)}
        </span>
      </div>
      <p className="truncate text-ink-2 text-label" title={call.error_message ?? undefined}>
        {message ?? call.error_code}
      </p>
    </li>
  );
}
