import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { Diff } from '@/components/diff';
import { ProblemLine } from '@/components/problem-line';
import { useCopy } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';

interface ReviewProps {
  title: string;
  /** The router.toml text of the entry, before and after. */
  before: string;
  after: string;
  origin: string;
  /** What is not in the text, such as a new key. */
  children?: ReactNode;
  /** Asks the router whether it would take the change. */
  attempt: () => Promise<Schemas['DryRun']>;
  isBusy: boolean;
  error: Error | null;
  onSave: () => void;
  onClose: () => void;
}

/** The difference before it is made, as router.toml would have it. */
export function Review({
  title,
  before,
  after,
  origin,
  children,
  attempt,
  isBusy,
  error,
  onSave,
  onClose,
}: ReviewProps) {
  const t = useTranslations('entries.review');
  const ta = useTranslations('app.action');
  const copy = useCopy();
  const { data: checked, error: refusal } = useQuery({
    queryKey: ['dry-run', title, after],
    queryFn: attempt,
    retry: false,
    gcTime: 0,
  });
  return (
    <Dialog open onClose={onClose} title={title} className="max-w-180!">
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto p-4">
        <Diff before={before} after={after} />
        {children}
        <p className="text-ink-3 text-label">{t(origin === 'file' ? 'fileNote' : 'apiNote')}</p>
        {checked?.notices.map((notice) => (
          <p key={notice} className="flex gap-1.5 rounded-control bg-warn-bg px-3 py-2 text-warn">
            <span aria-hidden>▲</span>
            {notice}
          </p>
        ))}
        <ProblemLine error={error ?? refusal} />
      </div>
      <div className="flex flex-wrap items-center gap-2 border-line border-t px-4 py-3">
        <Button onClick={() => void copy(after, t('copied'))}>
          <Copy aria-hidden size={16} strokeWidth={1.5} />
          {t('copy')}
        </Button>
        <span className="ml-auto flex gap-2">
          <Button onClick={onClose}>{ta('cancel')}</Button>
          <Button data-first variant="primary" disabled={isBusy || refusal !== null} onClick={onSave}>
            {ta('save')}
          </Button>
        </span>
      </div>
    </Dialog>
  );
}
