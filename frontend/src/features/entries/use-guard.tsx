import { type ReactNode, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';

interface Guard {
  /** Does it at once, or asks first where something is changed and not saved. */
  leave: (go: () => void) => void;
  dialog: ReactNode;
}

export function useGuard(changes: number): Guard {
  const t = useTranslations('entries.guard');
  const [pending, setPending] = useState<() => void>();
  const leave = (go: () => void): void => {
    if (changes) setPending(() => go);
    else go();
  };
  const dialog = pending ? (
    <Dialog open onClose={() => setPending(undefined)} title={t('title')} className="max-w-100!">
      <p className="p-4">{t('text', { count: changes })}</p>
      <div className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button data-first onClick={() => setPending(undefined)}>
          {t('stay')}
        </Button>
        <Button
          variant="destroy"
          onClick={() => {
            setPending(undefined);
            pending();
          }}
        >
          {t('leave')}
        </Button>
      </div>
    </Dialog>
  ) : null;
  return { leave, dialog };
}
