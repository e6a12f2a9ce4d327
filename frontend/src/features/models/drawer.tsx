import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { changeModel, tryChangeModel } from '@/api/queries/models';
import { carried, usePage } from '@/app/page-state';
import { Drawer, DrawerSection } from '@/components/drawer';
import { useToast } from '@/components/toast';
import { Button, buttonStyle } from '@/components/ui/button';
import { count, money, share, span, speed, wholeCount } from '@/lib/format';
import { ActiveSwitch } from '../entries/active-switch';
import { DraftFoot } from '../entries/draft-foot';
import { Facts } from '../entries/facts';
import { mergePatch } from '../entries/fields';
import { OriginNote } from '../entries/origin';
import { Review } from '../entries/review';
import { StandingMark } from '../entries/standing-mark';
import { TomlBlock } from '../entries/toml-block';
import { useDraft } from '../entries/use-draft';
import { useGuard } from '../entries/use-guard';
import { DeleteModel } from './delete-model';
import { completePatch, entryOf, modelFields, textOfModel } from './model-fields';
import { ModelForm } from './model-form';
import { callsOf, type ModelRow } from './prepare-rows';
import { PriceSection } from './price-section';

interface ModelDrawerProps {
  row: ModelRow;
  /** The filtered list, in which `j` and `k` go on. */
  rows: readonly ModelRow[];
  allRows: readonly ModelRow[];
}

export default function ModelDrawer({ row, rows, allRows }: ModelDrawerProps) {
  const t = useTranslations('models.drawer');
  const { model } = row;
  const { set } = usePage();
  const client = useQueryClient();
  const notify = useToast();
  const [dialog, setDialog] = useState<'review' | 'delete'>();
  const current = useMemo(() => entryOf(model), [model]);
  const state = useDraft(modelFields, current);
  const guard = useGuard(state.changed.length);
  const path = { provider: model.provider_name, model: model.name };
  const done = (said: string, notices: readonly string[] = []): void => {
    void client.invalidateQueries();
    for (const text of [said, ...notices]) notify(text);
  };
  const patch = completePatch(mergePatch(state.before, state.entry), state.entry);
  const save = useMutation({
    mutationFn: () => changeModel(path, patch),
    onSuccess: ({ notices }) => {
      setDialog(undefined);
      state.discard();
      done(t('saved', { name: row.id }), notices);
    },
  });
  const toggle = useMutation({
    mutationFn: (isActive: boolean) => changeModel(path, { is_active: isActive }),
    onSuccess: ({ is_active, notices }) => done(t(is_active ? 'isOn' : 'isOff', { name: row.id }), notices),
    onError: (error) => notify(error.message, 'bad'),
  });
  const close = (): void => set({ model: undefined });
  const index = rows.findIndex(({ id }) => id === row.id);
  const go = (next: ModelRow | undefined) => (next ? () => guard.leave(() => set({ model: next.id })) : undefined);
  const text = textOfModel(path.provider, path.model, model.is_active, state.entry);
  return (
    <Drawer
      title={row.id}
      head={<Head row={row} />}
      onClose={() => guard.leave(close)}
      onPrevious={go(rows[index - 1])}
      onNext={go(rows[index + 1])}
    >
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2.5">
        <ActiveSwitch name={row.id} isOn={model.is_active} isBusy={toggle.isPending} onChange={toggle.mutate} />
        <Link
          to="/ui/calls"
          search={((before: object) => ({ ...carried(before), model: row.id })) as never}
          className={buttonStyle()}
        >
          {t('calls')}
        </Link>
        <Link
          to="/ui/providers"
          search={((before: object) => ({ ...carried(before), provider: model.provider_name })) as never}
          className={buttonStyle()}
        >
          {t('provider')}
        </Link>
        <Button variant="danger" className="ml-auto" onClick={() => setDialog('delete')}>
          {t('delete')}
        </Button>
      </div>
      {row.standing.cause ? (
        <p className="border-line border-b px-4 py-2.5 text-warn">
          {row.standing.cause}
          {row.standing.retryAfter === undefined ? null : t('next', { span: span(row.standing.retryAfter * 1000) })}
        </p>
      ) : null}
      <DrawerSection title={t('figures')}>
        <Figures row={row} />
      </DrawerSection>
      <PriceSection row={row} onDone={done} />
      <ModelForm name={model.name} state={state} rows={allRows} model={model} />
      <TomlBlock text={text} />
      <div className="px-4 py-3">
        <OriginNote origin={model.origin} />
      </div>
      <DraftFoot state={state} onReview={() => setDialog('review')} onDiscard={state.discard} />
      {dialog === 'review' ? (
        <Review
          title={t('change', { name: row.id })}
          before={textOfModel(path.provider, path.model, model.is_active, state.before)}
          after={text}
          origin={model.origin}
          attempt={() => tryChangeModel(path, patch)}
          isBusy={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onClose={() => {
            setDialog(undefined);
            save.reset();
          }}
        />
      ) : null}
      {dialog === 'delete' ? (
        <DeleteModel
          row={row}
          onClose={() => setDialog(undefined)}
          onDone={() => {
            close();
            done(t('deleted', { name: row.id }));
          }}
        />
      ) : null}
      {guard.dialog}
    </Drawer>
  );
}

function Head({ row }: { row: ModelRow }) {
  const { model, standing } = row;
  return (
    <>
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">
        <StandingMark standing={standing} isChip />
        <code className="min-w-0 break-all font-medium">{row.id}</code>
      </div>
      <p className="mt-0.5 truncate text-ink-3 text-label">
        {[model.display_name, model.provider_type].filter(Boolean).join(' · ')}
      </p>
    </>
  );
}

function Figures({ row }: { row: ModelRow }) {
  const t = useTranslations('models.column');
  const { figures } = row;
  return (
    <Facts
      facts={[
        { label: t('calls'), value: count(callsOf(row)), title: wholeCount(callsOf(row)) },
        { label: t('success'), value: share(figures?.success_rate) },
        { label: t('ttft'), value: span(figures?.ttft_ms?.p50) },
        { label: t('speed'), value: speed(figures?.tokens_per_second) },
        { label: t('cost'), value: money(figures?.total_cost) },
      ]}
    />
  );
}
