import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { meQuery } from '@/api/queries/me';
import { useMoments } from '@/app/formats';
import { Name } from '@/components/name';
import { StatusMark, statusOf } from '@/components/status-mark';
import { useCopy } from '@/components/toast';
import { Button, buttonStyle } from '@/components/ui/button';
import { handoverOf, handoverSearch } from '@/features/playground/handover';
import { curlOf, originIn } from '../curl';
import type { Call } from '../tail';
import { endWord, isLeft, modelOf } from '../words';

interface HeadProps {
  call: Call;
  detail: CallDetail | undefined;
  hasKeys: boolean;
}

/** What it is, and what can be done with it. */
export function DrawerHead({ call, detail, hasKeys }: HeadProps) {
  const t = useTranslations('calls');
  const { moment, iso } = useMoments();
  const copy = useCopy();
  const name = modelOf(call);
  const word = isLeft(call) ? t('left') : endWord(call);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <StatusMark status={statusOf(call)} word={`${call.http_status} ${word}`.trim()} isChip />
        <span className="min-w-0 truncate font-medium">
          <Name name={name} most={44} />
        </span>
        {call.requested === name ? null : (
          <span className="text-ink-3 text-label">{t('requested', { name: call.requested })}</span>
        )}
      </div>
      <p className="tabular flex flex-wrap items-center gap-x-2 text-ink-3 text-label">
        <button
          type="button"
          title={t('drawer.copyId')}
          onClick={() => void copy(call.request_id)}
          className="break-all text-left font-mono hover:text-ink-1"
        >
          {call.request_id}
        </button>
        <time dateTime={call.started_at} title={iso(call.started_at)}>
          {moment(call.started_at)}
        </time>
        {hasKeys ? <span>{call.api_key ? t('drawer.key', { name: call.api_key }) : t('local')}</span> : null}
        {call.tags.length ? <span>{call.tags.map((tag) => `tag:${tag}`).join(' ')}</span> : null}
      </p>
      <Actions detail={detail} />
    </div>
  );
}

function Actions({ detail }: { detail: HeadProps['detail'] }) {
  const t = useTranslations('calls.drawer');
  const ta = useTranslations('app.action');
  const copy = useCopy();
  const { data: me } = useQuery(meQuery());
  const origin = originIn(me?.snippets as Record<string, string> | undefined) ?? location.origin;
  const curl = detail && curlOf(detail, origin);
  const canSend = detail !== undefined && handoverOf(detail) !== undefined;
  return (
    <div className="flex flex-wrap gap-2 pt-1">
      {canSend ? (
        <Link
          to="/ui/playground"
          search={handoverSearch(detail.id) as never}
          className={buttonStyle({ variant: 'primary' })}
        >
          {t('again')}
        </Link>
      ) : null}
      {curl ? (
        <Button title={t('curlHint')} onClick={() => void copy(curl, t('curlCopied'))}>
          curl
        </Button>
      ) : null}
      <Button onClick={() => void copy(location.href, ta('linkCopied'))}>{t('link')}</Button>
      {detail?.has_bodies ? (
        <Button onClick={() => document.getElementById('call-raw')?.scrollIntoView({ block: 'start' })}>
          {t('raw')}
        </Button>
      ) : null}
    </div>
  );
}
