import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { changeProvider, resetProvider, testProvider, tryChangeProvider } from '@/api/queries/providers';
import { carried, usePage } from '@/app/page-state';
import { Drawer, DrawerSection } from '@/components/drawer';
import { useToast } from '@/components/toast';
import { Button, buttonStyle } from '@/components/ui/button';
import { ActiveSwitch } from '../entries/active-switch';
import { DraftFoot } from '../entries/draft-foot';
import { mergePatch } from '../entries/fields';
import { OriginNote } from '../entries/origin';
import { Review } from '../entries/review';
import { StandingMark } from '../entries/standing-mark';
import { TomlBlock } from '../entries/toml-block';
import { useDraft } from '../entries/use-draft';
import { useGuard } from '../entries/use-guard';
import { DeleteProvider } from './delete-provider';
import { HealthSections } from './health-section';
import { KeyField } from './key-field';
import { KeyList } from './key-list';
import type { ProviderRow } from './prepare-rows';
import { entryOf, missingVariable, providerFields, textOfProvider } from './provider-fields';
import { ProviderForm } from './provider-form';
import { Reported } from './reported';
import { TestCall } from './test-call';

interface ProviderDrawerProps {
  row: ProviderRow;
  previous: string | undefined;
  next: string | undefined;
}

export default function ProviderDrawer({ row, previous, next }: ProviderDrawerProps) {
  const t = useTranslations('providers.drawer');
  const { provider, name } = row;
  const { set } = usePage();
  const client = useQueryClient();
  const notify = useToast();
  const [dialog, setDialog] = useState<'review' | 'delete'>();
  const [key, setKey] = useState('');
  const current = useMemo(() => entryOf(provider), [provider]);
  const state = useDraft(providerFields, current);
  const changes = state.changed.length + (key ? 1 : 0);
  const guard = useGuard(changes);
  const done = (said: string, notices: readonly string[] = []): void => {
    void client.invalidateQueries();
    for (const text of [said, ...notices]) notify(text);
  };
  const onError = (error: Error): void => notify(error.message, 'bad');
  const patch: Schemas['ProviderPatch'] = {
    ...mergePatch(state.before, state.entry),
    ...(key ? { api_key: key } : {}),
  };
  const save = useMutation({
    mutationFn: () => changeProvider(name, patch),
    onSuccess: ({ notices }) => {
      setDialog(undefined);
      setKey('');
      state.discard();
      done(t('saved', { name }), notices);
    },
  });
  const toggle = useMutation({
    mutationFn: (isActive: boolean) => changeProvider(name, { is_active: isActive }),
    onSuccess: ({ is_active, notices }) => done(t(is_active ? 'isOn' : 'isOff', { name }), notices),
    onError,
  });
  const test = useMutation({ mutationFn: () => testProvider(name), onSettled: () => void client.invalidateQueries() });
  const reset = useMutation({
    mutationFn: () => resetProvider(name),
    onSuccess: ({ closed }) => done(t('closedCircuits', { count: closed.length })),
    onError,
  });
  const close = (): void => set({ provider: undefined });
  const go = (to: string | undefined) => (to ? () => guard.leave(() => set({ provider: to })) : undefined);
  const described = {
    name,
    type: provider.type,
    isActive: provider.is_active,
    hasKey: provider.has_key,
    variable: missingVariable(provider.detail),
  };
  const text = textOfProvider({ ...described, entry: state.entry });
  return (
    <Drawer
      title={name}
      head={
        <div className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">
          <StandingMark standing={row.standing} isChip />
          <code className="min-w-0 break-all font-medium">{name}</code>
          <span className="text-ink-3 text-label">{provider.type}</span>
        </div>
      }
      onClose={() => guard.leave(close)}
      onPrevious={go(previous)}
      onNext={go(next)}
    >
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2.5">
        <ActiveSwitch name={name} isOn={provider.is_active} isBusy={toggle.isPending} onChange={toggle.mutate} />
        <Button disabled={test.isPending} title={t('testHint')} onClick={() => test.mutate()}>
          {t('test')}
        </Button>
        {row.circuit.word === 'closed' ? null : (
          <Button disabled={reset.isPending} title={t('resetHint')} onClick={() => reset.mutate()}>
            {t('reset')}
          </Button>
        )}
        <Link
          to="/ui/calls"
          search={((before: object) => ({ ...carried(before), provider: name })) as never}
          className={buttonStyle()}
        >
          {t('itsCalls')}
        </Link>
        <Button variant="danger" className="ml-auto" onClick={() => setDialog('delete')}>
          {t('delete')}
        </Button>
      </div>
      <TestCall isRunning={test.isPending} probe={test.data} error={test.error} />
      <HealthSections row={row} />
      {provider.type === 'mock' ? null : <Reported name={name} onDone={() => void client.invalidateQueries()} />}
      {provider.type === 'mock' ? null : (
        <DrawerSection title={t('key')}>
          {provider.keys.length ? <KeyList keys={provider.keys} /> : null}
          <KeyField type={provider.type} hasKey={provider.has_key} value={key} onChange={setKey} />
        </DrawerSection>
      )}
      <ProviderForm type={provider.type} state={state} />
      <TomlBlock text={text} />
      <div className="px-4 py-3">
        <OriginNote origin={provider.origin} />
      </div>
      <DraftFoot
        state={state}
        more={key ? 1 : 0}
        onReview={() => setDialog('review')}
        onDiscard={() => {
          state.discard();
          setKey('');
        }}
      />
      {dialog === 'review' ? (
        <Review
          title={t('change', { name })}
          before={textOfProvider({ ...described, entry: state.before })}
          after={text}
          origin={provider.origin}
          attempt={() => tryChangeProvider(name, patch)}
          isBusy={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onClose={() => {
            setDialog(undefined);
            save.reset();
          }}
        >
          {key ? <p>{t(provider.has_key ? 'keyReplaced' : 'keySet')}</p> : null}
        </Review>
      ) : null}
      {dialog === 'delete' ? (
        <DeleteProvider
          row={row}
          onClose={() => setDialog(undefined)}
          onDone={(deleted) => {
            close();
            done(t('deleted', { names: deleted.join(', ') || name }));
          }}
        />
      ) : null}
      {guard.dialog}
    </Drawer>
  );
}
