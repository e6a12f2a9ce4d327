import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { carried } from '@/app/page-state';
import { type Status, StatusMark } from '@/components/status-mark';
import type { Answer } from '@/features/playground/answer';
import { FailureView } from '@/features/playground/failure-view';
import { span } from '@/lib/format';

const marks: Record<Answer['phase'], Status> = {
  waiting: 'running',
  streaming: 'running',
  done: 'ok',
  stopped: 'cancelled',
  failed: 'error',
};

/** What the program would print, how long it took, and the call that it made. */
export function TryResult({ answer, onRetry }: { answer: Answer; onRetry: () => void }) {
  const t = useTranslations('connect');
  const { phase, text, servedBy, failure, requestId, durationMs } = answer;
  const isOver = phase !== 'waiting' && phase !== 'streaming';
  return (
    <div className="flex min-w-0 flex-col gap-1" aria-busy={!isOver}>
      <p role="status" className="flex flex-wrap items-baseline gap-x-3">
        <StatusMark status={marks[phase]} word={isOver ? undefined : t('trying')} />
        {isOver ? <span className="tabular text-ink-3">{span(durationMs)}</span> : null}
        {servedBy ? <span className="min-w-0 truncate font-mono text-ink-3 text-label">{servedBy}</span> : null}
        {isOver && requestId ? (
          <Link
            to="/ui/calls"
            search={((before: Record<string, string>) => ({ ...carried(before), request: requestId })) as never}
            className="ml-auto font-medium text-accent hover:underline"
          >
            {t('openCall')}
          </Link>
        ) : null}
      </p>
      {text ? (
        <pre className="max-h-40 overflow-y-auto whitespace-pre-wrap break-words rounded-control border border-line px-3 py-2">
          {text}
        </pre>
      ) : null}
      {failure ? (
        <div className="-mx-4 mt-1 -mb-4">
          <FailureView failure={failure} onRetry={onRetry} />
        </div>
      ) : null}
    </div>
  );
}
