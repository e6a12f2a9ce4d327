import { RotateCw } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Problem } from '@/api/problem';
import { Button } from './ui/button';

export function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const t = useTranslations('app.state');
  const problem = error instanceof Problem ? error : undefined;
  return (
    <div role="alert" className="flex min-h-24 flex-col items-start justify-center gap-1 px-4 py-4">
      <p className="font-medium text-bad">{problem?.isUnreachable ? t('unreachable') : t('failed')}</p>
      <p className="max-w-160 break-words text-ink-2">{error.message}</p>
      {problem?.requestId ? (
        <p className="break-all font-mono text-ink-3 text-label">{t('requestId', { id: problem.requestId })}</p>
      ) : null}
      <Button className="mt-2" onClick={onRetry}>
        <RotateCw aria-hidden size={16} strokeWidth={1.5} />
        {t('retry')}
      </Button>
    </div>
  );
}
