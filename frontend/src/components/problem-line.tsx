import { useTranslations } from 'use-intl';
import { Problem } from '@/api/problem';

/** Why a change did not work, beside the button that asked for it. */
export function ProblemLine({ error }: { error: Error | null }) {
  const t = useTranslations('app.state');
  if (!error) return null;
  const problem = error instanceof Problem ? error : undefined;
  return (
    <div role="alert" className="rounded-control bg-bad-bg px-3 py-2 text-bad">
      <p className="break-words">{problem?.isUnreachable ? t('unreachable') : error.message}</p>
      {problem?.requestId ? (
        <p className="mt-0.5 break-all font-mono text-mark">{t('requestId', { id: problem.requestId })}</p>
      ) : null}
    </div>
  );
}
