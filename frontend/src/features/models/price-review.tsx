import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { syncPrice } from '@/api/queries/prices';
import { Name } from '@/components/name';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { jobs } from '../entries/job';
import { useJob } from '../entries/job-panel';
import { Check } from './columns';
import { ListPrice } from './list-price';
import { hasPriceUpdate, type ModelRow } from './prepare-rows';

/** Prices on which the lists say something else: from, to, source and date; the chosen ones are taken over. */
export default function PriceReview({ rows, onClose }: { rows: readonly ModelRow[]; onClose: () => void }) {
  const t = useTranslations('models.prices');
  const ta = useTranslations('app.action');
  const client = useQueryClient();
  const isBusy = useJob()?.isRunning ?? false;
  const updates = rows.filter(hasPriceUpdate);
  // A row on which no second list agrees is only taken when a person says so.
  const [chosen, setChosen] = useState(
    () => new Set(updates.filter(({ price }) => !price?.pricing_info?.unverified).map(({ id }) => id)),
  );
  const toggle = (id: string, isOn: boolean): void => {
    const next = new Set(chosen);
    if (isOn) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const take = (): void => {
    const steps = updates
      .filter(({ id }) => chosen.has(id))
      .map(({ id, model }) => ({
        name: id,
        run: async () => {
          const { success, message } = await syncPrice(model.id);
          if (!success) throw new Error(message);
          return message;
        },
      }));
    void jobs.start(t('job', { count: steps.length }), steps, () => void client.invalidateQueries());
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title={t('title')} className="max-w-220!">
      <p className="px-4 pt-3 text-ink-3 text-label">{t('hint')}</p>
      <div data-scrolls className="min-h-0 overflow-auto px-4 py-2">
        <table className="tabular w-full">
          <thead>
            <tr className="h-8 text-ink-3 text-label">
              <th scope="col" className="w-8" aria-label={t('take')} />
              <th scope="col" className="text-left font-normal">
                {t('model')}
              </th>
              <th scope="col" className="text-left font-normal">
                {t('change')}
              </th>
            </tr>
          </thead>
          <tbody>
            {updates.map(({ id, price }) => (
              <tr key={id} className="border-line border-t align-top">
                <td className="py-2">
                  <Check
                    label={t('takeOne', { name: id })}
                    isOn={chosen.has(id)}
                    onChange={(isOn) => toggle(id, isOn)}
                  />
                </td>
                <td className="py-2 pr-4">
                  <Name name={id} most={36} />
                </td>
                <td className="py-2">{price ? <ListPrice price={price} /> : null}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button onClick={onClose}>{ta('cancel')}</Button>
        <Button variant="primary" disabled={isBusy || chosen.size === 0} onClick={take}>
          {t('takeOver', { count: chosen.size })}
        </Button>
      </div>
    </Dialog>
  );
}
