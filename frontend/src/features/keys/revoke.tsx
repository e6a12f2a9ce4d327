import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import { revokeKey } from '@/api/queries/keys';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { count, wholeCount } from '@/lib/format';
import { isElsewhere, type KeyRow } from './rows';

/** For good, so the name is typed; the dialog says what happens to the key's calls. */
export function RevokeDialog({ row, onClose }: { row: KeyRow; onClose: () => void }) {
  const t = useTranslations('keys.revoke');
  const ta = useTranslations('app.action');
  const notify = useToast();
  const client = useQueryClient();
  const { key, days } = row;
  const [typed, setTyped] = useState('');
  const revoke = useMutation({
    mutationFn: () => revokeKey(key.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['keys'] });
      notify(t('done', { name: key.name }));
      onClose();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === key.name) revoke.mutate();
  };
  const today = days?.at(-1) ?? 0;
  return (
    <Dialog open onClose={onClose} title={t('title', { name: key.name })} className="max-w-120">
      <form onSubmit={submit} className="flex flex-col gap-4 p-4">
        <div className="flex flex-col gap-2">
          <p>{t('text')}</p>
          {today > 0 ? (
            <p className="text-warn" title={wholeCount(today)}>
              {t('inUse', { count: today, calls: count(today) })}
            </p>
          ) : null}
          {isElsewhere(key) ? <p>{t(key.origin === 'env' ? 'inEnv' : 'inFile')}</p> : null}
        </div>
        <Field label={t('type', { name: key.name })}>
          {(ids) => (
            <Input
              {...ids}
              data-first
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <ProblemLine error={revoke.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{ta('cancel')}</Button>
          <Button variant="destroy" type="submit" disabled={typed !== key.name || revoke.isPending}>
            {t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
