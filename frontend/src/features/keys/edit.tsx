import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import { changeKey, tryChangeKey } from '@/api/queries/keys';
import { focusInvalid } from '@/components/focus-invalid';
import { Planned } from '@/components/planned';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { isZone } from '@/lib/zone';
import { KeyForm } from './form';
import { errorsOf, type FormValues, patchOf, valuesOf } from './form-values';
import type { Key } from './rows';

/** The form, then the difference, then the change. */
export function EditKey({ value, onDone }: { value: Key; onDone: () => void }) {
  const t = useTranslations('keys.edit');
  const tc = useTranslations('keys.create');
  const ta = useTranslations('app.action');
  const notify = useToast();
  const client = useQueryClient();
  const [before] = useState(() => valuesOf(value));
  const [values, setValues] = useState<FormValues>(before);
  const [step, setStep] = useState<'form' | 'difference'>('form');
  const [isTried, setIsTried] = useState(false);
  const errors = errorsOf(values, isZone);
  const patch = patchOf(before, values);
  const isChanged = Object.keys(patch).length > 0;
  const save = useMutation({
    mutationFn: () => changeKey(value.id, patch),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['keys'] });
      notify(t('saved', { name: values.name.trim() }));
      onDone();
    },
  });
  const trial = useQuery({
    queryKey: ['dry-run', 'key', value.id, patch],
    queryFn: () => tryChangeKey(value.id, patch),
    enabled: step === 'difference',
    retry: false,
    gcTime: 0,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsTried(true);
    if (Object.keys(errors).length) focusInvalid(event.currentTarget as HTMLElement);
    else if (step === 'form') setStep('difference');
    else save.mutate();
  };
  return (
    <form noValidate onSubmit={submit} className="flex min-h-full flex-col">
      <div className="flex-1 px-4 py-4">
        {step === 'form' ? (
          <KeyForm
            isNew={false}
            values={values}
            errors={isTried ? errors : {}}
            onChange={(changes) => setValues((now) => ({ ...now, ...changes }))}
          />
        ) : (
          <>
            <h2 className="mb-2">{t('difference')}</h2>
            {trial.data ? (
              <Planned changes={trial.data.changes} notices={trial.data.notices} />
            ) : trial.error ? null : (
              <p aria-busy className="text-ink-3">
                {t('reading')}
              </p>
            )}
            <p className="mt-3 text-ink-3">{t(value.origin === 'file' ? 'fromFile' : 'effect')}</p>
          </>
        )}
      </div>
      <footer className="sticky bottom-0 flex flex-col gap-2 border-line border-t bg-surface px-4 py-3">
        <ProblemLine error={save.error ?? (step === 'difference' ? trial.error : null)} />
        <div className="flex items-center justify-end gap-2">
          {isTried && Object.keys(errors).length ? (
            <span role="alert" className="mr-auto text-bad text-label">
              {tc('invalid', { count: Object.keys(errors).length })}
            </span>
          ) : !isChanged ? (
            <span className="mr-auto text-ink-3 text-label">{t('unchanged')}</span>
          ) : null}
          {step === 'form' ? (
            <Button onClick={onDone}>{ta('cancel')}</Button>
          ) : (
            <Button onClick={() => setStep('form')}>{t('back')}</Button>
          )}
          <Button
            variant="primary"
            type="submit"
            disabled={!isChanged || save.isPending || (step === 'difference' && !trial.data)}
          >
            {t(step === 'form' ? 'review' : 'save')}
          </Button>
        </div>
      </footer>
    </form>
  );
}
