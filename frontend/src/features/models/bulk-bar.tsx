import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { changeModel } from '@/api/queries/models';
import { syncPrice } from '@/api/queries/prices';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { Popover } from '@/components/ui/popover';
import { type JobStep, jobs } from '../entries/job';
import { useJob } from '../entries/job-panel';
import type { ModelRow } from './prepare-rows';
import type { Selection } from './use-selection';

/** Changes all chosen models, one after the other; each says what came of it. */
export default function BulkBar({ rows, selection }: { rows: readonly ModelRow[]; selection: Selection }) {
  const t = useTranslations('models.bulk');
  const client = useQueryClient();
  const isBusy = useJob()?.isRunning ?? false;
  const count = rows.length;
  const start = (title: string, steps: readonly JobStep[]): void => {
    void jobs.start(title, steps, () => void client.invalidateQueries());
    selection.clear();
  };
  const patch = (title: string, change: (model: Schemas['ModelView']) => Schemas['ModelPatch'] | undefined): void =>
    start(
      title,
      rows.map(({ id, model }) => ({
        name: id,
        run: async () => {
          const body = change(model);
          if (!body) return t('already');
          await changeModel({ provider: model.provider_name, model: model.name }, body);
          return undefined;
        },
      })),
    );
  const switchTo = (isActive: boolean): void =>
    patch(t(isActive ? 'titleOn' : 'titleOff', { count }), ({ is_active }) =>
      is_active === isActive ? undefined : { is_active: isActive },
    );
  const sync = (): void =>
    start(
      t('titlePrices', { count }),
      rows.map(({ id, model }) => ({
        name: id,
        run: async () => {
          const { success, message } = await syncPrice(model.id);
          if (!success) throw new Error(message);
          return message;
        },
      })),
    );
  const addTag = (tag: string): void =>
    patch(t('titleAdd', { tag, count }), ({ tags }) => (tags.includes(tag) ? undefined : { tags: [...tags, tag] }));
  const removeTag = (tag: string): void =>
    patch(t('titleRemove', { tag, count }), ({ tags }) =>
      tags.includes(tag) ? { tags: tags.filter((one) => one !== tag) } : undefined,
    );
  const all = [...new Set(rows.flatMap(({ model }) => model.tags))].sort();
  return (
    <section
      aria-label={t('label')}
      className="flex min-h-10 flex-wrap items-center gap-2 rounded-panel border border-line-strong bg-surface py-1.5 pr-2 pl-4"
    >
      <span role="status" className="mr-1 font-medium">
        {t('chosen', { count })}
      </span>
      <TagPopover label={t('addTag')} isBusy={isBusy} onApply={addTag} />
      <TagPopover label={t('removeTag')} isBusy={isBusy || !all.length} choices={all} onApply={removeTag} />
      <Button disabled={isBusy} onClick={() => switchTo(true)}>
        {t('on')}
      </Button>
      <Button disabled={isBusy} onClick={() => switchTo(false)}>
        {t('off')}
      </Button>
      <Button disabled={isBusy} onClick={sync}>
        {t('prices')}
      </Button>
      <Button variant="quiet" className="ml-auto" onClick={selection.clear}>
        {t('clear')}
      </Button>
    </section>
  );
}

interface TagPopoverProps {
  label: string;
  isBusy: boolean;
  choices?: readonly string[];
  onApply: (tag: string) => void;
}

function TagPopover({ label, isBusy, choices, onApply }: TagPopoverProps) {
  const t = useTranslations('models.bulk');
  const [tag, setTag] = useState('');
  const [isOpen, setIsOpen] = useState(false);
  const isValid = /^[\w.:-]+$/.test(tag);
  const apply = (chosen: string): void => {
    setIsOpen(false);
    setTag('');
    onApply(chosen);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isValid) apply(tag);
  };
  return (
    <Popover
      label={label}
      align="start"
      open={isOpen}
      onOpenChange={setIsOpen}
      className="w-64"
      trigger={<Button disabled={isBusy}>{label}</Button>}
    >
      {choices ? (
        <ul className="flex max-h-64 flex-col overflow-y-auto">
          {choices.map((choice) => (
            <li key={choice}>
              <Button variant="quiet" className="w-full justify-start!" onClick={() => apply(choice)}>
                {choice}
              </Button>
            </li>
          ))}
        </ul>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-2">
          <Field label={t('tag')} hint={t('tagHint')} error={tag && !isValid ? t('tagBad') : undefined}>
            {(ids) => (
              <Input {...ids} autoComplete="off" value={tag} onChange={(event) => setTag(event.target.value.trim())} />
            )}
          </Field>
          <Button type="submit" variant="primary" disabled={!isValid}>
            {label}
          </Button>
        </form>
      )}
    </Popover>
  );
}
