import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { statisticsQuery } from '@/api/queries/figures';
import { modelsQuery } from '@/api/queries/models';
import { priceSuggestionsQuery } from '@/api/queries/prices';
import { usePage } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import { type Source, together } from '@/components/panel-state';
import { Button } from '@/components/ui/button';
import { count, wholeCount } from '@/lib/format';
import { promptPrices } from './caching';
import { useUsageFilters } from './filters';
import { useLinkToCalls } from './link';
import { PriceDialog, type PricedModel } from './price-dialog';

/** Where links to this panel point at. */
const anchor = 'unpriced';

interface UnpricedProps {
  statistics: Source<Schemas['StatisticsAnswer']>;
  isAdmin: boolean;
}

export function UnpricedPanel({ statistics, isAdmin }: UnpricedProps) {
  const t = useTranslations('usage.unpriced');
  const { query } = usePage();
  const { query: filter } = useUsageFilters();
  const hasAny = (statistics.data?.overall.unpriced_calls ?? 0) > 0;
  // The tokens of these calls alone.
  const unpriced = useQuery({
    ...statisticsQuery({ ...query, ...filter, unpriced: true, limit: 100 }),
    enabled: hasAny,
  });
  const models = useQuery(modelsQuery());
  const suggestions = useQuery(priceSuggestionsQuery());
  const [open, setOpen] = useState<PricedModel>();
  const box = useRef<HTMLDivElement>(null);
  const hash = useLocation({ select: (location) => location.hash });
  const isThere = statistics.data !== undefined;
  useEffect(() => {
    if (hash === anchor && isThere) box.current?.scrollIntoView({ block: 'center' });
  }, [hash, isThere]);
  const source = together(models, suggestions, hasAny ? unpriced : statistics);
  return (
    <div ref={box} id={anchor}>
      <Panel
        title={t('title')}
        sub={hasAny ? t('sub') : null}
        source={source}
        height={96}
        empty={() => (hasAny ? null : <Empty title={t('none')} hint={t('noneHint')} />)}
      >
        {([known, listed, { by_model }]) => (
          <table className="tabular w-full table-fixed">
            <thead>
              <tr className="h-8 text-ink-3 text-label">
                <th scope="col" className="pl-4 text-left font-normal">
                  {t('model')}
                </th>
                <th scope="col" className="w-16 text-right font-normal">
                  {t('calls')}
                </th>
                <th scope="col" className="w-18 pr-4 text-right font-normal max-sm:hidden">
                  {t('tokens')}
                </th>
                {isAdmin ? <th aria-hidden className="w-36" /> : null}
              </tr>
            </thead>
            <tbody>
              {by_model.map((figures) => (
                <Row
                  key={figures.model_id}
                  figures={figures}
                  model={modelOf(figures, known, listed)}
                  isAdmin={isAdmin}
                  onOpen={setOpen}
                />
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      {open ? <PriceDialog model={open} onClose={() => setOpen(undefined)} /> : null}
    </div>
  );
}

function modelOf(
  figures: Schemas['ModelTotal'],
  models: readonly Schemas['ModelView'][],
  suggestions: readonly Schemas['PriceSuggestion'][],
): PricedModel | undefined {
  const found = models.find(({ id }) => id === figures.model_id);
  if (!found) return undefined;
  const suggestion = suggestions.find(({ model_id }) => model_id === figures.model_id);
  return {
    id: found.id,
    provider: found.provider_name,
    name: found.name,
    listed: suggestion?.pricing_info ?? undefined,
    isPriced: promptPrices(found.config, suggestion) !== undefined,
    figures,
  };
}

interface RowProps {
  figures: Schemas['ModelTotal'];
  /** Absent where the model is configured no longer. */
  model: PricedModel | undefined;
  isAdmin: boolean;
  onOpen: (model: PricedModel) => void;
}

function Row({ figures, model, isAdmin, onOpen }: RowProps) {
  const t = useTranslations('usage.unpriced');
  const linkTo = useLinkToCalls();
  const name = `${figures.provider_name}/${figures.model_name}`;
  return (
    <tr className="h-10 border-line border-t">
      <th scope="row" className="truncate pl-4 text-left font-normal">
        <Link to="/ui/calls" search={linkTo({ model: name, unpriced: '1' })} className="hover:underline">
          <Name name={name} most={34} />
        </Link>
      </th>
      <td className="text-right" title={wholeCount(figures.total_calls)}>
        {count(figures.total_calls)}
      </td>
      <td className="pr-4 text-right max-sm:hidden" title={wholeCount(figures.total_tokens)}>
        {count(figures.total_tokens)}
      </td>
      {isAdmin ? (
        <td className="pr-3 text-right">
          {model ? (
            <Button
              variant="link"
              size="inline"
              aria-label={t(model.isPriced ? 'repriceOf' : 'setOf', { name })}
              onClick={() => onOpen(model)}
            >
              {t(model.isPriced ? 'reprice' : 'set')}
            </Button>
          ) : (
            <span className="text-ink-3 text-label">{t('gone')}</span>
          )}
        </td>
      ) : null}
    </tr>
  );
}
