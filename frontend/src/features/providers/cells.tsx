import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { useMoments } from '@/app/formats';
import { StatusMark } from '@/components/status-mark';
import { unknown, wholeCount } from '@/lib/format';
import { shortCause } from '../entries/standing';
import type { CircuitRow, ProviderRow } from './prepare-rows';

const statuses = { closed: 'ok', cooling: 'cooling', halfOpen: 'half_open', models: 'warning' } as const;

/** Closed, or when the next call is let in. */
export function Circuit({ circuit, isLong = false }: { circuit: CircuitRow; isLong?: boolean }) {
  const t = useTranslations('providers.circuit');
  const { time, iso } = useMoments();
  const { word, nextAt, cause, open, all } = circuit;
  const at = nextAt ? time(nextAt).replace(/\.\d+$/, '') : '';
  if (word === 'closed') return <span className="text-ink-3">{t('closed')}</span>;
  return (
    <span title={[cause, nextAt && iso(nextAt)].filter(Boolean).join(' · ') || undefined}>
      <StatusMark
        status={statuses[word]}
        word={
          word === 'models' ? t(isLong ? 'modelsLong' : 'models', { open, all }) : t(isLong ? `long.${word}` : word)
        }
      />
      {nextAt ? <span className="text-ink-3 text-label"> · {isLong ? t('next', { time: at }) : at}</span> : null}
    </span>
  );
}

/** `2 ready · 1 rejected`; a provider that needs none says so. */
export function Keys({ row }: { row: ProviderRow }) {
  const t = useTranslations('providers.keys');
  const { all, ready, cooling, rejected } = row.keys;
  if (!all) {
    return <span className="text-ink-3">{row.standing.word === 'noKey' ? t('missing') : t('none')}</span>;
  }
  return (
    <span className="whitespace-nowrap">
      {ready === all ? t('ready', { count: ready }) : t('some', { ready, all })}
      {cooling ? <span className="text-warn"> · {t('cooling', { count: cooling })}</span> : null}
      {rejected ? <span className="text-bad"> · {t('rejected', { count: rejected })}</span> : null}
    </span>
  );
}

export function InFlight({ provider }: { provider: Schemas['ProviderView'] }) {
  const t = useTranslations('providers.inFlight');
  const { in_flight, waiting, max_connections } = provider;
  return (
    <span title={t('title', { count: in_flight, max: wholeCount(max_connections), waiting })}>
      {in_flight}
      <span className="text-ink-3"> / {max_connections}</span>
      {waiting ? <span className="text-warn"> +{waiting}</span> : null}
    </span>
  );
}

/** When, and what the upstream said. */
export function LastError({ error }: { error: Schemas['ProviderError'] | null | undefined }) {
  const { moment, iso } = useMoments();
  if (!error) return <span className="text-ink-3">{unknown}</span>;
  const text = shortCause(error.message) ?? error.code;
  return (
    <span title={[iso(error.at), error.model, error.message].filter(Boolean).join(' · ')} className="text-ink-2">
      <span className="text-ink-3">{moment(error.at).replace(/\.\d+$/, '')}</span> {text}
    </span>
  );
}
