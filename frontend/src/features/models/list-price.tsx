import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { unknown } from '@/lib/format';
import { priceText } from '../entries/fields';

function text(per1k: number | null | undefined): string {
  return typeof per1k === 'number' ? priceText(per1k) : unknown;
}

/** In `$2 → $1.50`, out `$10`, with the list's source and date. */
export function ListPrice({ price }: { price: Schemas['PriceSuggestion'] }) {
  const t = useTranslations('models.prices');
  const info = price.pricing_info;
  if (!info) return <span className="text-ink-3">{t('noList')}</span>;
  return (
    <div className="flex flex-col gap-0.5">
      <span className="flex flex-wrap gap-x-4">
        <Step label={t('input')} from={price.current_input_price} to={price.latest_input_price} />
        <Step label={t('output')} from={price.current_output_price} to={price.latest_output_price} />
        {typeof info.cached_price_per_1k === 'number' ? (
          <span className="whitespace-nowrap">
            <span className="text-ink-3">{t('cached')}</span> {text(info.cached_price_per_1k)}
          </span>
        ) : null}
      </span>
      <span className="flex flex-wrap items-baseline gap-x-2 text-ink-3 text-label">
        <Source info={info} />
        {info.unverified ? (
          <span title={t('unverifiedLong')} className="rounded-chip bg-warn-bg px-1.5 text-mark text-warn leading-4">
            {t('unverified')}
          </span>
        ) : null}
        {info.notes ? <span>{info.notes}</span> : null}
      </span>
    </div>
  );
}

function Step({ label, from, to }: { label: string; from: number | null | undefined; to: number | null | undefined }) {
  const isSame = from === to;
  return (
    <span className="whitespace-nowrap">
      <span className="text-ink-3">{label}</span>{' '}
      {isSame ? null : (
        <>
          <span className="text-ink-3">{text(from)}</span> <span aria-hidden>→</span>{' '}
        </>
      )}
      <span className={isSame ? undefined : 'font-medium'}>{text(to)}</span>
    </span>
  );
}

function Source({ info }: { info: Schemas['PriceView'] }) {
  const t = useTranslations('models.prices');
  let host: string | undefined;
  try {
    const url = new URL(info.source);
    host = /^https?:$/.test(url.protocol) ? url.host : undefined;
  } catch {
    host = undefined;
  }
  return (
    <span>
      {host ? (
        <a href={info.source} target="_blank" rel="noreferrer" className="text-accent underline">
          {host}
        </a>
      ) : (
        info.source
      )}
      {' · '}
      {t('from', { list: info.list, date: info.last_updated })}
    </span>
  );
}
