import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { modelsQuery } from '@/api/queries/models';
import { priceSuggestionsQuery } from '@/api/queries/prices';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { count, money, share, wholeCount } from '@/lib/format';
import { type Caching, type CachingRow, cachingOf, promptPrices } from './caching';

const shown = 5;

export function CachingPanel({ statistics }: { statistics: Source<Schemas['StatisticsAnswer']> }) {
  const t = useTranslations('usage.caching');
  const models = useQuery(modelsQuery());
  const suggestions = useQuery(priceSuggestionsQuery());
  return (
    <Panel
      title={t('title')}
      sub={t('sub')}
      source={together(statistics, models, suggestions)}
      height={200}
      empty={([{ overall }]) =>
        overall.cached_tokens === 0 ? <Empty title={t('empty')} hint={t('emptyHint')} /> : null
      }
    >
      {([{ by_model }, known, listed]) => <Saved caching={cachingOf(by_model, pricesOf(known, listed))} />}
    </Panel>
  );
}

function pricesOf(models: readonly Schemas['ModelView'][], suggestions: readonly Schemas['PriceSuggestion'][]) {
  const listed = new Map(suggestions.map((suggestion) => [suggestion.model_id, suggestion]));
  return new Map(
    models.flatMap(({ id, config }) => {
      const prices = promptPrices(config, listed.get(id));
      return prices ? [[id, prices] as const] : [];
    }),
  );
}

function Saved({ caching }: { caching: Caching }) {
  const t = useTranslations('usage.caching');
  const plain = caching.rows.filter(({ hasNoDiscount }) => hasNoDiscount).length;
  return (
    <>
      <dl className="flex flex-wrap gap-x-8 gap-y-2 px-4 pb-3">
        <div>
          <dt className="text-ink-3 text-label">{t('saved')}</dt>
          <dd className="tabular font-medium text-title">{money(caching.saved)}</dd>
        </div>
        <div>
          <dt className="text-ink-3 text-label">{t('read')}</dt>
          <dd className="flex items-baseline gap-2">
            <span className="tabular font-medium text-title" title={wholeCount(caching.cached)}>
              {count(caching.cached)}
            </span>
            <span className="text-ink-3 text-label">{t('ofPrompts', { share: share(caching.share) })}</span>
          </dd>
        </div>
      </dl>
      <table className="tabular w-full table-fixed">
        <thead>
          <tr className="h-8 border-line border-t text-ink-3 text-label">
            <th scope="col" className="pl-4 text-left font-normal">
              {t('model')}
            </th>
            <th scope="col" className="w-18 text-right font-normal">
              {t('cached')}
            </th>
            <th scope="col" className="w-24 text-right font-normal max-sm:hidden">
              {t('share')}
            </th>
            <th scope="col" className="w-24 pr-4 text-right font-normal">
              {t('saved')}
            </th>
          </tr>
        </thead>
        <tbody>
          {caching.rows.slice(0, shown).map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </tbody>
      </table>
      <p className="flex flex-wrap gap-x-3 border-line border-t px-4 py-1.5 text-ink-3 text-label empty:hidden">
        {caching.rows.length > shown ? <span>{t('more', { count: caching.rows.length - shown })}</span> : null}
        {plain ? <span>{t('noDiscountOf', { count: plain })}</span> : null}
      </p>
    </>
  );
}

function Row({ row: { name, cached, share: part, saved, hasNoDiscount } }: { row: CachingRow }) {
  const t = useTranslations('usage.caching');
  const note = saved === undefined ? t('noPrice') : hasNoDiscount ? t('noDiscount') : undefined;
  return (
    <tr className="h-8 border-line border-t touch:h-10">
      <th scope="row" className="truncate pl-4 text-left font-normal">
        <Name name={name} most={36} />
      </th>
      <td className="text-right" title={wholeCount(cached)}>
        {count(cached)}
      </td>
      <td className="text-right max-sm:hidden">{share(part)}</td>
      <td className="pr-4 text-right" title={note}>
        {saved === undefined ? <span className="text-ink-3">{t('noPrice')}</span> : money(saved)}
      </td>
    </tr>
  );
}
