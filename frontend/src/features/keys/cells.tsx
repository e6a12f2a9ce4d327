import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { Spark } from '@/charts/spark';
import { StatusMark } from '@/components/status-mark';
import { count, span, unknown, wholeCount } from '@/lib/format';
import { allowedOf, allowsNothing, type Key, type KeyRow, knownStates, statusOfKey } from './rows';

const week = 7 * 86_400_000;

export function KeyState({ value, isChip = false }: { value: Key; isChip?: boolean }) {
  const t = useTranslations('keys.state');
  const known = knownStates.find((state) => state === value.state);
  return <StatusMark status={statusOfKey(value)} word={known ? t(known) : value.state} isChip={isChip} />;
}

export function Ends({ row: { key, endsIn } }: { row: KeyRow }) {
  const t = useTranslations('keys');
  const { moment, iso } = useMoments();
  if (!key.expires_at || endsIn === undefined) return <span className="text-ink-3">{t('never')}</span>;
  const isSoon = endsIn < week && !key.revoked_at;
  return (
    <span title={iso(key.expires_at)} className={clsx(isSoon && 'text-warn')}>
      {isSoon && endsIn > 0 ? t('endsIn', { span: span(endsIn) }) : moment(key.expires_at)}
    </span>
  );
}

export function AllowedModels({ value }: { value: Key }) {
  const t = useTranslations('keys');
  const allowed = allowedOf(value);
  if (allowsNothing(value)) return <span className="text-warn">{t('nothing')}</span>;
  if (!allowed) return <span className="text-ink-3">{t('all')}</span>;
  const [first = '', ...others] = allowed;
  return (
    <span title={allowed.join(', ')} className="flex min-w-0 items-baseline gap-1.5">
      <span className="truncate font-mono text-label">{first}</span>
      {others.length ? <span className="shrink-0 text-ink-3 text-label">+{others.length}</span> : null}
    </span>
  );
}

// Limits are round numbers.
const round = (value: number): string => count(value).replace(/\.0+(?=[kMG])/, '');

/** `60 rpm · 200k tpm`, and how much else there is. */
export function useLimitTexts(): (key: Key) => string[] {
  const t = useTranslations('keys.limit');
  return (key) => {
    const { requests_per_minute: requests, tokens_per_minute: tokens, allowed_ips, parameter_limits } = key;
    const { custom_limits, ...known } = parameter_limits ?? {};
    const parameters = Object.keys(known).length + Object.keys(custom_limits ?? {}).length;
    return [
      requests ? t('requests', { count: round(requests) }) : '',
      tokens ? t('tokens', { count: round(tokens) }) : '',
      allowed_ips ? t('ips', { count: allowed_ips.length }) : '',
      parameters ? t('parameters', { count: parameters }) : '',
    ].filter(Boolean);
  };
}

/** What the limits a minute leave now; undefined where there are none. */
export function useLeftText(): (key: Key) => { text: string; isNone: boolean } | undefined {
  const t = useTranslations('keys.limit');
  return ({ left: { requests_this_minute: requests, tokens_this_minute: tokens } }) => {
    const parts = [
      typeof requests === 'number' ? t('requestsLeft', { count: round(requests) }) : '',
      typeof tokens === 'number' ? t('tokensLeft', { count: round(tokens) }) : '',
    ].filter(Boolean);
    if (!parts.length) return undefined;
    return { text: parts.join(' · '), isNone: requests === 0 || tokens === 0 };
  };
}

export function Limits({ value }: { value: Key }) {
  const t = useTranslations('keys');
  const texts = useLimitTexts()(value);
  const left = useLeftText()(value);
  if (!texts.length) return <span className="text-ink-3">{t('none')}</span>;
  const text = texts.join(' · ');
  const title = left ? `${text}\n${t('limit.left', { left: left.text })}` : text;
  return (
    <span title={title} className={clsx(left?.isNone && 'text-warn')}>
      {text}
    </span>
  );
}

export function Use({ row: { days, calls } }: { row: KeyRow }) {
  const t = useTranslations('keys');
  if (!days) return <span title={t('useUnknown')}>{unknown}</span>;
  return (
    <span className="flex items-center gap-2" title={t('useTitle', { calls: wholeCount(calls) })}>
      <span className="min-w-0 flex-1">{calls ? <Spark values={days} floor={0} /> : null}</span>
      <span className={clsx('w-10 shrink-0 text-right', !calls && 'text-ink-3')}>{count(calls)}</span>
    </span>
  );
}

/** When its newest recorded call began. */
export function LastUsed({ value }: { value: Key }) {
  const t = useTranslations('keys');
  const { moment, iso } = useMoments();
  const { last_used_at: at, used } = value;
  if (at) return <span title={iso(at)}>{moment(at).replace(/\.\d{3}$/, '')}</span>;
  if (used.total.requests > 0) return <span title={t('lastUnknown')}>{unknown}</span>;
  return <span className="text-ink-3">{t('never')}</span>;
}
