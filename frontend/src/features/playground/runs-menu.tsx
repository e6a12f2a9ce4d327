import { useQuery, useQueryClient } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { Name } from '@/components/name';
import { type Status, StatusMark } from '@/components/status-mark';
import { Button } from '@/components/ui/button';
import { Popover } from '@/components/ui/popover';
import { span } from '@/lib/format';
import type { Answer } from './answer';
import { targetLabel } from './draft';
import { clearRuns, type Run, readRuns } from './runs';

export const runsKey = ['playground', 'runs'];

const marks: Record<Answer['phase'], Status> = {
  waiting: 'cancelled',
  streaming: 'cancelled',
  done: 'ok',
  stopped: 'cancelled',
  failed: 'error',
};

/** The newest runs of this browser; one brings its request and its answer back. */
export function RunsMenu({ onOpen }: { onOpen: (run: Run) => void }) {
  const t = useTranslations('playground.runs');
  const client = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const { data: runs = [] } = useQuery({
    queryKey: runsKey,
    queryFn: readRuns,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const clear = async (): Promise<void> => {
    await clearRuns();
    await client.invalidateQueries({ queryKey: runsKey });
    setIsOpen(false);
  };
  return (
    <Popover
      label={t('title')}
      open={isOpen}
      onOpenChange={setIsOpen}
      className="flex w-105 flex-col p-0!"
      trigger={
        <Button title={t('title')}>
          <History aria-hidden size={16} strokeWidth={1.5} />
          <span className="max-sm:sr-only">{t('open')}</span>
          {runs.length ? <span className="tabular text-ink-3 max-sm:hidden">{runs.length}</span> : null}
        </Button>
      }
    >
      <div className="flex min-h-11 items-center justify-between gap-3 border-line border-b px-3">
        <p className="text-ink-3 text-label">{t('note')}</p>
        {runs.length ? (
          <Button variant="quiet" onClick={() => void clear()}>
            {t('clear')}
          </Button>
        ) : null}
      </div>
      {runs.length ? (
        <ul className="max-h-[60dvh] overflow-y-auto p-1">
          {runs.map((run) => (
            <li key={run.id}>
              <RunRow
                run={run}
                onOpen={() => {
                  onOpen(run);
                  setIsOpen(false);
                }}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p className="px-3 py-4 text-ink-3">{t('none')}</p>
      )}
    </Popover>
  );
}

function RunRow({ run: { at, draft, sides }, onOpen }: { run: Run; onOpen: () => void }) {
  const t = useTranslations('playground.runs');
  const { moment, iso } = useMoments();
  const prompt = draft.messages.findLast(({ text }) => text)?.text ?? '';
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex w-full min-w-0 flex-col rounded-chip px-2 py-1.5 text-left hover:bg-sunken"
    >
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="min-w-0 flex-1 truncate">{prompt || t('noText')}</span>
        <span className="tabular shrink-0 text-ink-3 text-label" title={iso(at)}>
          {moment(at)}
        </span>
      </span>
      {sides.map(({ target, answer }, side) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the sides are the first and the second.
        <span key={side} className="flex min-w-0 items-baseline gap-2 text-label">
          <span className="min-w-0 flex-1">
            <Name name={targetLabel(target)} most={34} />
          </span>
          <StatusMark status={marks[answer.phase]} />
          <span className="tabular w-16 text-right text-ink-3">{span(answer.durationMs)}</span>
        </span>
      ))}
    </button>
  );
}
