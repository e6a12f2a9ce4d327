import { useTranslations } from 'use-intl';
import { StatusMark } from '@/components/status-mark';
import { span } from '@/lib/format';
import type { Standing } from './standing';

export function StandingMark({ standing, isChip }: { standing: Standing; isChip?: boolean }) {
  const t = useTranslations('entries.standing');
  const { word, status, cause, retryAfter } = standing;
  const next = retryAfter === undefined ? undefined : t('next', { span: span(retryAfter * 1000) });
  return (
    <span title={[cause, next].filter(Boolean).join(' · ') || undefined}>
      <StatusMark status={status} word={t(word)} isChip={isChip ?? false} />
    </span>
  );
}
