import { useTranslations } from 'use-intl';
import type { ReportedModel } from '@/api/queries/reported';
import { Name } from '@/components/name';
import { priceText, sizeText } from '../entries/fields';

interface ReportedRowProps {
  model: ReportedModel;
  isChosen: boolean;
  onChoose: (isOn: boolean) => void;
}

/** A model that could be added, with what would be written for it. */
export function ReportedRow({ model, isChosen, onChoose }: ReportedRowProps) {
  const { name, suggestion } = model;
  return (
    <li className="border-line border-b last:border-b-0">
      <label className="flex cursor-pointer items-start gap-2.5 px-3 py-1.5 hover:bg-sunken touch:min-h-11">
        <input
          type="checkbox"
          checked={isChosen}
          onChange={(event) => onChoose(event.target.checked)}
          className="mt-1 size-3.5 shrink-0"
        />
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="truncate" title={suggestion?.display_name ?? undefined}>
            <Name name={name} most={48} />
          </span>
          <span className="flex flex-wrap gap-x-3 text-ink-3 text-label">
            {suggestion?.tags.length ? <span>{suggestion.tags.join(', ')}</span> : null}
            <Facts suggestion={suggestion} />
          </span>
        </span>
      </label>
    </li>
  );
}

function Facts({ suggestion }: Pick<ReportedModel, 'suggestion'>) {
  const t = useTranslations('providers.reported');
  const context = suggestion?.config.context_window;
  const price = suggestion?.price;
  const [input, output] = [price?.input_price_per_1k, price?.output_price_per_1k];
  return (
    <>
      {typeof context === 'number' ? <span className="tabular">{sizeText(context)}</span> : null}
      {typeof input === 'number' ? (
        <span className="tabular" title={price ? `${price.source} · ${price.last_updated}` : undefined}>
          {t('price', { input: priceText(input), output: typeof output === 'number' ? priceText(output) : '—' })}
        </span>
      ) : null}
      {price?.unverified ? <span className="text-warn">{t('unverified')}</span> : null}
    </>
  );
}
