import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { createModel } from '@/api/queries/models';
import { providersQuery } from '@/api/queries/providers';
import { usePage } from '@/app/page-state';
import { Drawer } from '@/components/drawer';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Field, Input, Select } from '@/components/ui/field';
import { TomlBlock } from '../entries/toml-block';
import { useDraft } from '../entries/use-draft';
import { modelFields, textOfModel } from './model-fields';
import { ModelForm } from './model-form';
import type { ModelRow } from './prepare-rows';

interface NewModelProps {
  provider: string | undefined;
  rows: readonly ModelRow[];
  onClose: () => void;
}

const nothing = {};

export default function NewModel({ provider: given, rows, onClose }: NewModelProps) {
  const t = useTranslations('models.new');
  const ta = useTranslations('app.action');
  const { set } = usePage();
  const client = useQueryClient();
  const notify = useToast();
  const { data: providers } = useQuery(providersQuery());
  const [chosen, setChosen] = useState(given);
  const [name, setName] = useState('');
  const [isTried, setIsTried] = useState(false);
  const state = useDraft(modelFields, nothing);
  const provider = chosen ?? providers?.[0]?.name ?? '';
  const id = `${provider}/${name}`;
  const isTaken = rows.some((row) => row.id === id);
  const create = useMutation({
    mutationFn: () => createModel({ ...state.entry, name, provider } as Schemas['ModelBody']),
    onSuccess: () => {
      void client.invalidateQueries();
      notify(t('done', { name: id }));
      set({ add: undefined, model: id });
    },
  });
  const nameError = isTaken ? t('taken') : isTried && !name ? t('missing') : undefined;
  const submit = (): void => {
    setIsTried(true);
    if (name && provider && !isTaken && !Object.keys(state.errors).length) create.mutate();
  };
  return (
    <Drawer title={t('title')} head={<p className="font-medium">{t('title')}</p>} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="grid grid-cols-2 gap-x-4 gap-y-3 border-line border-b px-4 py-3 max-sm:grid-cols-1">
          <Field label={t('provider')}>
            {(ids) => (
              <Select {...ids} value={provider} onChange={(event) => setChosen(event.target.value)}>
                {providers?.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('name')} hint={t('nameHint')} error={nameError}>
            {(ids) => (
              <Input
                {...ids}
                autoComplete="off"
                spellCheck={false}
                value={name}
                onChange={(event) => setName(event.target.value.trim())}
                className="font-mono text-label"
              />
            )}
          </Field>
        </div>
        <ModelForm name={name} state={state} rows={rows} />
        <TomlBlock text={textOfModel(provider, name, true, state.entry)} />
        <div className="sticky bottom-0 z-10 flex flex-col gap-2 border-line-strong border-t bg-surface px-4 py-2.5">
          <ProblemLine error={create.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{ta('cancel')}</Button>
            <Button type="submit" variant="primary" disabled={create.isPending || isTaken || !provider}>
              {t('create')}
            </Button>
          </div>
        </div>
      </form>
    </Drawer>
  );
}
