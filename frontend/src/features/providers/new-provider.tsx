import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { createProvider } from '@/api/queries/providers';
import { usePage } from '@/app/page-state';
import { Drawer } from '@/components/drawer';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Field, Input, Select } from '@/components/ui/field';
import { TomlBlock } from '../entries/toml-block';
import { useDraft } from '../entries/use-draft';
import { calledUrl } from './endpoint-url';
import { KeyField } from './key-field';
import { factsOf, type Kind, kinds } from './kinds';
import { providerFields, textOfProvider } from './provider-fields';
import { ProviderForm } from './provider-form';

interface NewProviderProps {
  names: readonly string[];
  onClose: () => void;
}

const nothing = {};

export default function NewProvider({ names, onClose }: NewProviderProps) {
  const t = useTranslations('providers.new');
  const ta = useTranslations('app.action');
  const { set } = usePage();
  const client = useQueryClient();
  const notify = useToast();
  const [type, setType] = useState<Kind>('openai');
  const [typed, setTyped] = useState<string>();
  const [key, setKey] = useState('');
  const state = useDraft(providerFields, nothing);
  // The type is the name until one is written.
  const name = typed ?? freeName(type, names);
  const isTaken = names.includes(name);
  const nameError = !name ? t('missing') : name.includes('/') ? t('slash') : isTaken ? t('taken') : undefined;
  const { baseUrl = '', endpoint = '', api = '' } = state.draft;
  const { problem } = calledUrl({ type, base: baseUrl, endpoint, api });
  const isReady = !nameError && !Object.keys(state.errors).length && (type === 'mock' || !problem);
  const create = useMutation({
    mutationFn: () =>
      createProvider({ ...state.entry, name, type, ...(key ? { api_key: key } : {}) } as Schemas['ProviderBody']),
    onSuccess: ({ notices }) => {
      void client.invalidateQueries();
      for (const text of [t('done', { name }), ...(notices ?? [])]) notify(text);
      set({ add: undefined, provider: name });
    },
  });
  const facts = factsOf(type);
  return (
    <Drawer title={t('title')} head={<p className="font-medium">{t('title')}</p>} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) create.mutate();
        }}
      >
        <div className="grid grid-cols-2 gap-x-4 gap-y-3 border-line border-b px-4 py-3 max-sm:grid-cols-1">
          <Field label={t('type')} hint={t(facts?.base ? 'typeHint' : 'typeHintNoBase')}>
            {(ids) => (
              <Select {...ids} value={type} onChange={(event) => setType(event.target.value as Kind)}>
                {Object.keys(kinds).map((kind) => (
                  <option key={kind} value={kind}>
                    {kind}
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
                onChange={(event) => setTyped(event.target.value.trim())}
                className="font-mono text-label"
              />
            )}
          </Field>
          <div className="sm:col-span-2">
            <KeyField type={type} hasKey={false} value={key} onChange={setKey} />
          </div>
        </div>
        <ProviderForm type={type} state={state} />
        <TomlBlock
          text={textOfProvider({
            name,
            type,
            isActive: true,
            entry: state.entry,
            hasKey: false,
            variable: facts?.key === 'needed' ? facts.variable : undefined,
          })}
        />
        <div className="sticky bottom-0 z-10 flex flex-col gap-2 border-line-strong border-t bg-surface px-4 py-2.5">
          <ProblemLine error={create.error} />
          <div className="flex items-center justify-end gap-2">
            {facts?.key === 'needed' && !key ? (
              <span className="mr-auto text-ink-3 text-label">{t('noKey')}</span>
            ) : null}
            <Button onClick={onClose}>{ta('cancel')}</Button>
            <Button type="submit" variant="primary" disabled={create.isPending || !isReady}>
              {t('create')}
            </Button>
          </div>
        </div>
      </form>
    </Drawer>
  );
}

function freeName(type: string, names: readonly string[]): string {
  if (!names.includes(type)) return type;
  let number = 2;
  while (names.includes(`${type}-${number}`)) number += 1;
  return `${type}-${number}`;
}
