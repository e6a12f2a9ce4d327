import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl';
import { StatusMark } from '@/components/status-mark';
import { Button, IconButton } from '@/components/ui/button';
import { countSteps, type JobView, jobs, type StepState } from './job';

export function useJob(): JobView | undefined {
  return useSyncExternalStore(jobs.subscribe, jobs.view);
}

const marks = { waiting: 'off', running: 'running', done: 'ok', failed: 'error', stopped: 'cancelled' } as const;

/** What the last work on many entries has done so far, entry by entry. */
export function JobPanel() {
  const t = useTranslations('entries.job');
  const job = useJob();
  if (!job) return null;
  const { title, steps, isRunning } = job;
  const [done, failed] = [countSteps(job, 'done'), countSteps(job, 'failed')];
  const ended = done + failed;
  return (
    <section aria-label={title} className="rounded-panel border border-line bg-surface">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-1.5 pl-4">
        <h2 className="text-body">{title}</h2>
        <span role="status" className="tabular text-ink-3 text-label">
          {t('done', { done: ended, all: steps.length })}
          {failed ? <span className="text-bad"> · {t('failed', { count: failed })}</span> : null}
        </span>
        <div aria-hidden className="h-1 w-32 overflow-hidden rounded-chip bg-sunken max-sm:hidden">
          <div className="h-full bg-ink-1" style={{ width: `${(100 * ended) / steps.length}%` }} />
        </div>
        <span className="ml-auto flex items-center">
          {isRunning ? (
            <Button variant="quiet" onClick={jobs.stop}>
              {t('stop')}
            </Button>
          ) : (
            <IconButton label={t('dismiss')} onClick={jobs.dismiss}>
              <X aria-hidden size={16} strokeWidth={1.5} />
            </IconButton>
          )}
        </span>
      </div>
      <details open={steps.length <= 8 || failed > 0} className="border-line border-t">
        <summary className="cursor-pointer px-4 py-1.5 text-ink-3 text-label">{t('each')}</summary>
        <ul className="max-h-64 overflow-y-auto pb-1.5">
          {steps.map(({ name, state, message }) => (
            <li key={name} className="flex flex-wrap items-baseline gap-x-3 px-4 py-0.5">
              <span className="w-24 shrink-0 text-label">
                <StatusMark status={marks[state]} word={t(wordOf(state))} />
              </span>
              <code className="min-w-0 break-all">{name}</code>
              {message ? <span className="min-w-0 text-ink-2 text-label">{message}</span> : null}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

function wordOf(state: StepState) {
  return `state.${state}` as const;
}
