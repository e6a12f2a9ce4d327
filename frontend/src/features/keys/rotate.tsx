import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { rotateKey } from '@/api/queries/keys';
import { ProblemLine } from '@/components/problem-line';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Field, Select } from '@/components/ui/field';
import { span } from '@/lib/format';
import type { Key } from './rows';
import type { Made } from './secret';

const hour = 3600;
const graces = [0, hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour] as const;

interface RotateDialogProps {
  value: Key;
  onClose: () => void;
  onMade: (made: Made) => void;
}

export function RotateDialog({ value, onClose, onMade }: RotateDialogProps) {
  const t = useTranslations('keys.rotate');
  const ta = useTranslations('app.action');
  const client = useQueryClient();
  const [grace, setGrace] = useState<number>(24 * hour);
  const rotate = useMutation({
    mutationFn: () => rotateKey(value.id, grace),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['keys'] });
      onMade({ name: made.name, secret: made.key, previousUntil: made.previous_valid_until });
    },
  });
  return (
    <Dialog open onClose={onClose} title={t('title', { name: value.name })} className="max-w-120">
      <div className="flex flex-col gap-4 p-4">
        <p>{t('text')}</p>
        <Field label={t('grace')} hint={grace === 0 ? t('noGraceHint') : t('graceHint')}>
          {(ids) => (
            <Select {...ids} data-first value={grace} onChange={(event) => setGrace(Number(event.target.value))}>
              {graces.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds === 0 ? t('none') : span(seconds * 1000)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <ProblemLine error={rotate.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{ta('cancel')}</Button>
          <Button variant="primary" disabled={rotate.isPending} onClick={() => rotate.mutate()}>
            {t('submit')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
