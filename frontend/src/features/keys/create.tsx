import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import { createKey } from '@/api/queries/keys';
import { focusInvalid } from '@/components/focus-invalid';
import { ProblemLine } from '@/components/problem-line';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { isZone } from '@/lib/zone';
import { KeyForm } from './form';
import { createBodyOf, emptyValues, errorsOf, type FormValues } from './form-values';
import type { Made } from './secret';

export function CreateDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const t = useTranslations('keys.create');
  const ta = useTranslations('app.action');
  const client = useQueryClient();
  const [values, setValues] = useState<FormValues>(emptyValues);
  const [isTried, setIsTried] = useState(false);
  const errors = errorsOf(values, isZone);
  const make = useMutation({
    mutationFn: () => createKey(createBodyOf(values)),
    onSuccess: (key) => {
      void client.invalidateQueries({ queryKey: ['keys'] });
      onMade({ name: key.name, secret: key.key ?? '' });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsTried(true);
    if (Object.keys(errors).length) focusInvalid(event.currentTarget as HTMLElement);
    else make.mutate();
  };
  return (
    <Dialog open onClose={onClose} title={t('title')} className="max-w-160">
      <form noValidate onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
        <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">
          <KeyForm
            isNew
            values={values}
            errors={isTried ? errors : {}}
            onChange={(changes) => setValues((before) => ({ ...before, ...changes }))}
          />
        </div>
        <footer className="flex flex-col gap-2 border-line border-t px-4 py-3">
          <ProblemLine error={make.error} />
          <div className="flex items-center justify-end gap-2">
            {isTried && Object.keys(errors).length ? (
              <span role="alert" className="mr-auto text-bad text-label">
                {t('invalid', { count: Object.keys(errors).length })}
              </span>
            ) : null}
            <Button onClick={onClose}>{ta('cancel')}</Button>
            <Button variant="primary" type="submit" disabled={make.isPending}>
              {t('submit')}
            </Button>
          </div>
        </footer>
      </form>
    </Dialog>
  );
}
