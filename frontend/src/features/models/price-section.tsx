import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { syncPrice } from '@/api/queries/prices';
import { DrawerSection } from '@/components/drawer';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { isObject } from '../entries/fields';
import { ListPrice } from './list-price';
import { hasPriceUpdate, type ModelRow } from './prepare-rows';

interface PriceSectionProps {
  row: ModelRow;
  onDone: (said: string) => void;
}

/** The entry's price beside that of the lists, and where the entry has its own from. */
export function PriceSection({ row, onDone }: PriceSectionProps) {
  const t = useTranslations('models.prices');
  const notify = useToast();
  const sync = useMutation({
    mutationFn: () => syncPrice(row.model.id),
    onSuccess: ({ success, message }) => (success ? onDone(`${row.id}: ${message}`) : notify(message, 'bad')),
    onError: (error) => notify(error.message, 'bad'),
  });
  const { price } = row;
  if (!price?.pricing_info) return null;
  return (
    <DrawerSection
      title={t(hasPriceUpdate(row) ? 'suggestion' : 'same')}
      aside={
        hasPriceUpdate(row) ? (
          <Button disabled={sync.isPending} onClick={() => sync.mutate()}>
            {t('takeThis')}
          </Button>
        ) : null
      }
    >
      <ListPrice price={price} />
      <PriceOrigin row={row} />
    </DrawerSection>
  );
}

function PriceOrigin({ row }: { row: ModelRow }) {
  const t = useTranslations('models.prices');
  const noted: unknown = (row.model.config as Record<string, unknown>).price_source;
  if (!isObject(noted) || typeof noted.source !== 'string') return null;
  return (
    <p className="mt-1 text-ink-3 text-label">
      {t('ownFrom', { list: noted.source, date: typeof noted.as_of === 'string' ? noted.as_of : '—' })}
    </p>
  );
}
