import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { setPrices, syncPrice } from '@/api/queries/prices';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { count, money } from '@/lib/format';
import { emptyPrice, estimate, formOf, type PriceForm, readForm } from './price';
import type { PricedModel } from './price-dialog';

const fields = ['input', 'output', 'cached', 'write'] as const;

interface PriceStepProps {
  model: PricedModel;
  onSaved: () => void;
  onClose: () => void;
}

export function PriceStep({ model, onSaved, onClose }: PriceStepProps) {
  const t = useTranslations('usage.price');
  const tl = useTranslations('app.action');
  const { listed } = model;
  const [form, setForm] = useState<PriceForm>(listed ? formOf(listed) : emptyPrice);
  const [wasTried, setWasTried] = useState(false);
  const { prices, problems } = readForm(form);
  const isSuggestion = listed !== undefined && JSON.stringify(form) === JSON.stringify(formOf(listed));
  const save = useMutation({
    mutationFn: async () => {
      // Taken over as it is, the price keeps its source and date.
      if (isSuggestion) {
        const { success, message } = await syncPrice(model.id);
        if (!success) throw new Error(message);
      } else if (prices) await setPrices(model.provider, model.name, prices);
    },
    onSuccess: onSaved,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setWasTried(true);
    if (prices) save.mutate();
  };
  return (
    <form className="flex min-h-0 flex-col overflow-y-auto" onSubmit={submit} noValidate>
      <div className="flex flex-col gap-4 p-4">
        {listed ? (
          <Suggestion listed={listed} isUsed={isSuggestion} onUse={() => setForm(formOf(listed))} />
        ) : (
          <p className="text-ink-2">{t('noSuggestion')}</p>
        )}
        <fieldset className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          <legend className="mb-2 text-ink-3 text-label">{t('unit')}</legend>
          {fields.map((name) => {
            const problem = problems[name];
            const isShown = problem === 'invalid' || (problem === 'missing' && wasTried);
            const isFree = name === 'cached' || name === 'write';
            return (
              <Field key={name} label={t(name)} error={isShown && problem ? t(problem) : undefined}>
                {(ids) => (
                  <Input
                    {...ids}
                    inputMode="decimal"
                    autoComplete="off"
                    className="tabular text-right"
                    placeholder={isFree ? t('asInput') : undefined}
                    value={form[name]}
                    onChange={(event) => setForm({ ...form, [name]: event.target.value })}
                  />
                )}
              </Field>
            );
          })}
        </fieldset>
        <Preview figures={model.figures} prices={prices} />
        {save.error ? (
          <p role="alert" className="break-words text-bad">
            {t('failed', { reason: save.error.message })}
          </p>
        ) : null}
      </div>
      <div className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button onClick={onClose}>{tl('cancel')}</Button>
        <Button type="submit" variant="primary" disabled={save.isPending}>
          {t(save.isPending ? 'saving' : 'save')}
        </Button>
      </div>
    </form>
  );
}

interface SuggestionProps {
  listed: Schemas['PriceView'];
  isUsed: boolean;
  onUse: () => void;
}

function Suggestion({ listed, isUsed, onUse }: SuggestionProps) {
  const t = useTranslations('usage.price');
  const form = formOf(listed);
  const parts = fields.filter((name) => form[name] !== '').map((name) => `${t(name)} $${form[name]}`);
  return (
    <div className="flex flex-col gap-1 rounded-control bg-sunken px-3 py-2">
      <div className="flex items-center justify-between gap-3">
        <p className="text-ink-3 text-label">
          {t('suggestion')} · {t(listed.list === 'prices.toml' ? 'list.shipped' : 'list.other')} ·{' '}
          {t('asOf', { date: listed.last_updated })} ·{' '}
          <a href={listed.source} target="_blank" rel="noreferrer" className="text-accent underline">
            {t('source')}
          </a>
        </p>
        {isUsed ? null : (
          <Button variant="link" size="inline" onClick={onUse}>
            {t('use')}
          </Button>
        )}
      </div>
      <p className="tabular">{parts.join(' · ')}</p>
      {listed.unverified ? <p className="text-label text-warn">{t('unverified')}</p> : null}
    </div>
  );
}

interface PreviewProps {
  figures: Schemas['ModelTotal'];
  prices: ReturnType<typeof readForm>['prices'];
}

/** The arithmetic of what past calls would add; the router's own sum follows once the price is saved. */
function Preview({ figures, prices }: PreviewProps) {
  const t = useTranslations('usage.price');
  const found = prices && estimate(figures, prices);
  const values = { count: figures.total_calls, calls: count(figures.total_calls) };
  return (
    <section aria-label={t('preview')} className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <h3 className="text-body">{t('preview')}</h3>
        <span aria-live="polite" className="tabular font-medium">
          {found ? t('about', { cost: money(found.total) }) : '—'}
        </span>
      </div>
      {found ? (
        <ul className="tabular flex flex-col text-ink-2 text-label">
          {found.parts.map(({ kind, tokens, price, cost }) => (
            <li key={kind} className="flex justify-between gap-3">
              <span>
                {t(kind)}{' '}
                <span className="text-ink-3">{t('part', { tokens: count(tokens), price: `${money(price)}/M` })}</span>
              </span>
              <span>{money(cost)}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-ink-3 text-label">{t('previewHint')}</p>
      )}
      <p className="text-ink-3 text-label">{t('estimateNote', values)}</p>
    </section>
  );
}
