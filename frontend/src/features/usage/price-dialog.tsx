import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { figuresKey } from '@/api/queries/figures';
import { recompute } from '@/api/queries/prices';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { count, money, unknown, wholeCount } from '@/lib/format';
import { PriceStep } from './price-step';

/** A model whose calls have no cost. */
export interface PricedModel {
  id: number;
  provider: string;
  name: string;
  /** What the lists say. */
  listed: Schemas['PriceView'] | undefined;
  /** It has a price by now; only its past calls have none. */
  isPriced: boolean;
  /** Of the calls without a cost in the range. */
  figures: Schemas['ModelTotal'];
}

/** First the price, with what it would add; then what the router counts exactly, and the re-pricing. */
export function PriceDialog({ model, onClose }: { model: PricedModel; onClose: () => void }) {
  const t = useTranslations('usage.price');
  const client = useQueryClient();
  const [isSaved, setIsSaved] = useState(model.isPriced);
  const refresh = (): void => {
    for (const key of ['models', 'prices', figuresKey, 'invocations', 'facets']) {
      void client.invalidateQueries({ queryKey: [key] });
    }
  };
  const close = (): void => {
    if (isSaved) refresh();
    onClose();
  };
  return (
    <Dialog open onClose={close} title={t('title', { name: `${model.provider}/${model.name}` })}>
      {isSaved ? (
        <RepriceStep model={model} wasSavedNow={!model.isPriced} onClose={close} />
      ) : (
        <PriceStep model={model} onSaved={() => setIsSaved(true)} onClose={close} />
      )}
    </Dialog>
  );
}

interface RepriceProps {
  model: PricedModel;
  wasSavedNow: boolean;
  onClose: () => void;
}

function RepriceStep({ model, wasSavedNow, onClose }: RepriceProps) {
  const t = useTranslations('usage.price');
  const tl = useTranslations('app.action');
  const notify = useToast();
  const preview = useQuery({
    queryKey: ['price preview', model.id],
    queryFn: () => recompute(model.id, true),
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => recompute(model.id, false),
    onSuccess: ({ calls, before, after }) => {
      notify(t('done', { count: calls, calls: wholeCount(calls), cost: money(after - before) }));
      onClose();
    },
  });
  const found = preview.data;
  const failure = apply.error ?? preview.error;
  const isNothing = found?.calls === 0;
  return (
    <div className="flex flex-col overflow-y-auto" aria-live="polite">
      <div className="flex flex-col gap-3 p-4">
        {wasSavedNow ? <p>{t('saved')}</p> : null}
        {preview.isPending ? <p className="text-ink-3">{t('checking')}</p> : null}
        {isNothing ? <p className="text-ink-2">{t('nothing')}</p> : null}
        {found && !isNothing ? (
          <>
            <p className="font-medium">{t('change', { count: found.calls, calls: wholeCount(found.calls) })}</p>
            <dl className="tabular grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 rounded-control bg-sunken px-3 py-2">
              <dt className="text-ink-2">{t('from')}</dt>
              <dd className="text-right">{found.before ? money(found.before) : unknown}</dd>
              <dt className="text-ink-2">{t('to')}</dt>
              <dd className="text-right font-medium">{money(found.after)}</dd>
            </dl>
            <p className="text-ink-3 text-label">{t('keys')}</p>
          </>
        ) : null}
        {failure ? (
          <p role="alert" className="break-words text-bad">
            {t('failed', { reason: failure.message })}
          </p>
        ) : null}
      </div>
      <div className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button onClick={onClose}>{isNothing || !found ? tl('close') : t('leave')}</Button>
        {preview.error ? (
          <Button variant="primary" onClick={() => void preview.refetch()}>
            {t('again')}
          </Button>
        ) : null}
        {found && !isNothing ? (
          <Button variant="primary" disabled={apply.isPending} onClick={() => apply.mutate()}>
            {apply.isPending ? t('applying') : t('apply', { count: found.calls, calls: count(found.calls) })}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
