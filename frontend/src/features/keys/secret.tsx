import { Copy } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { useCopy } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';

export interface Made {
  name: string;
  secret: string;
  /** After a rotation: until when the old one is good. */
  previousUntil?: string;
}

/** A key in the clear, this once: the dialog stays until the person says that it is stored. */
export function SecretDialog({ made, onStored }: { made: Made; onStored: () => void }) {
  const t = useTranslations('keys.secret');
  const { moment } = useMoments();
  const copy = useCopy();
  const [isCopied, setIsCopied] = useState(false);
  const isGraceOver = made.previousUntil !== undefined && Date.parse(made.previousUntil) <= Date.now();
  return (
    <Dialog open isHeld onClose={() => {}} title={t('title', { name: made.name })}>
      <div className="flex flex-col gap-4 p-4">
        <p>{t('once')}</p>
        <div className="flex items-center gap-2 rounded-control border border-line-strong bg-sunken p-2 pl-3 max-sm:flex-col max-sm:items-stretch">
          <code data-secret className="min-w-0 flex-1 select-all break-all">
            {made.secret}
          </code>
          <Button
            onClick={() => {
              void copy(made.secret, t('copied'));
              setIsCopied(true);
            }}
          >
            <Copy aria-hidden size={16} strokeWidth={1.5} />
            {t('copy')}
          </Button>
        </div>
        {made.previousUntil ? (
          <p className="text-ink-2">
            {isGraceOver ? t('previousGone') : t('previous', { time: moment(made.previousUntil) })}
          </p>
        ) : null}
        <div className="flex items-center justify-end gap-3">
          {isCopied ? null : <span className="text-ink-3 text-label">{t('notCopied')}</span>}
          <Button variant="primary" onClick={onStored}>
            {t('stored')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
