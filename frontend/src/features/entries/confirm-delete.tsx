import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { ProblemLine } from '@/components/problem-line';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';

interface ConfirmDeleteProps {
  title: string;
  /** What goes, and what happens to its calls. */
  children: ReactNode;
  action: string;
  isBusy: boolean;
  error: Error | null;
  onDelete: () => void;
  onClose: () => void;
}

export function ConfirmDelete({ title, children, action, isBusy, error, onDelete, onClose }: ConfirmDeleteProps) {
  const t = useTranslations('app.action');
  return (
    <Dialog open onClose={onClose} title={title} className="max-w-120!">
      <div className="flex flex-col gap-2 overflow-y-auto p-4">
        {children}
        <ProblemLine error={error} />
      </div>
      <div className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button data-first onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button variant="destroy" disabled={isBusy} onClick={onDelete}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
