import { RotateCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import { AdviceText } from './advice-text';
import type { Failure } from './failure';

/** What went wrong, what the router said, and what to do. */
export function FailureView({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const t = useTranslations('playground.failure');
  const { kind, status, code, message, retryAfter, isWorthRetrying, requestId } = failure;
  const left = useCountdown(retryAfter);
  return (
    <div role="alert" className="mx-4 mb-4 flex flex-col gap-1 rounded-control bg-bad-bg px-3 py-2">
      <p className="font-medium text-bad">{t(kind, { status, code })}</p>
      {message ? <p className="break-words text-ink-1">{message}</p> : null}
      <AdviceText failure={failure} />
      {requestId ? (
        <p className="break-all font-mono text-ink-2 text-label">{t('requestId', { id: requestId })}</p>
      ) : null}
      {isWorthRetrying ? (
        <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
          <Button onClick={onRetry}>
            <RotateCw aria-hidden size={14} strokeWidth={1.5} />
            {t('again')}
          </Button>
          {retryAfter === undefined ? null : (
            <span className="tabular text-ink-2">{left > 0 ? t('wait', { seconds: left }) : t('waited')}</span>
          )}
        </div>
      ) : null}
    </div>
  );
}

/** Seconds that are left of a `Retry-After`. */
function useCountdown(seconds: number | undefined): number {
  const [left, setLeft] = useState(seconds ?? 0);
  useEffect(() => {
    const until = Date.now() + (seconds ?? 0) * 1000;
    const count = (): void => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [seconds]);
  return left;
}
