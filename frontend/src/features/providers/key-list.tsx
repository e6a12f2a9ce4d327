import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { StatusMark } from '@/components/status-mark';
import { span } from '@/lib/format';

const keyStatus = { ready: 'ok', cooling_down: 'cooling', rejected: 'error' } as const;

/** The keys by their place, without their text. */
export function KeyList({ keys }: { keys: readonly Schemas['ProviderKeyView'][] }) {
  const t = useTranslations('providers.keys');
  return (
    <ul className="mb-3 flex flex-wrap gap-x-6 gap-y-1">
      {keys.map(({ index, state, cooldown_s, reason }) => {
        const known = state in keyStatus ? (state as keyof typeof keyStatus) : undefined;
        return (
          <li key={index} className="flex items-baseline gap-2">
            <span className="tabular text-ink-3">{t('index', { index })}</span>
            <StatusMark status={known ? keyStatus[known] : 'off'} word={known ? t(`state.${known}`) : state} />
            {cooldown_s ? (
              <span className="tabular text-ink-3 text-label">{t('again', { span: span(cooldown_s * 1000) })}</span>
            ) : null}
            {reason ? <code className="text-ink-3">{reason}</code> : null}
          </li>
        );
      })}
    </ul>
  );
}
