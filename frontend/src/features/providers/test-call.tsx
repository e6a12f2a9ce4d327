import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { StatusMark } from '@/components/status-mark';
import { span } from '@/lib/format';

interface TestCallProps {
  isRunning: boolean;
  probe: Schemas['Probe'] | undefined;
  error: Error | null;
}

/** What the small real call came to, in the upstream's own words. */
export function TestCall({ isRunning, probe, error }: TestCallProps) {
  const t = useTranslations('providers.test');
  if (!isRunning && !probe && !error) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-line border-b bg-sunken px-4 py-2.5"
    >
      {isRunning ? (
        <StatusMark status="running" word={t('running')} />
      ) : probe ? (
        <>
          <StatusMark status={probe.ok ? 'ok' : 'error'} word={t(probe.ok ? 'ok' : 'failed')} />
          <span className="tabular text-ink-3">{span(probe.latency_ms)}</span>
          <span className="min-w-0 break-words">{probe.detail}</span>
        </>
      ) : (
        <>
          <StatusMark status="error" word={t('failed')} />
          <span className="min-w-0 break-words">{error?.message}</span>
        </>
      )}
    </div>
  );
}
