import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { VisibilityState } from '@tanstack/react-table';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { statisticsQuery } from '@/api/queries/figures';
import { healthQuery } from '@/api/queries/health';
import { modelsQuery } from '@/api/queries/models';
import { priceSuggestionsQuery } from '@/api/queries/prices';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { ColumnMenu } from '@/components/data-table/columns';
import { useColumns } from '@/components/data-table/use-columns';
import { Empty } from '@/components/empty';
import { FilterBar } from '@/components/filter-bar/filter-bar';
import { Panel } from '@/components/panel';
import { Button } from '@/components/ui/button';
import { Segmented } from '@/components/ui/segmented';
import { JobPanel } from '../entries/job-panel';
import { ModelCards, ModelTable } from './list';
import { filterFields, filterRows, hasPriceUpdate, inOrder, type ModelRow, mostTotals, rowsOf } from './prepare-rows';
import type { ModelsSearch } from './search';
import { useSelection } from './use-selection';

// What opens loads when it opens; the list is there before.
const BulkBar = lazy(() => import('./bulk-bar'));
const ModelDrawer = lazy(() => import('./drawer'));
const NewModel = lazy(() => import('./new-model'));
const PriceReview = lazy(() => import('./price-review'));

const columnIds = [
  'provider',
  'tags',
  'can',
  'context',
  'price',
  'limit',
  'calls',
  'success',
  'ttft',
  'speed',
  'cost',
  'origin',
] as const;
// On a laptop the rest fits without scrolling; a wide screen has room for all.
const initial = (): VisibilityState => (innerWidth < 1600 ? { limit: false, origin: false } : {});

export function ModelsPage() {
  const t = useTranslations('models');
  const ta = useTranslations('app.pages');
  const search: ModelsSearch = useSearch({ strict: false });
  const { set } = usePage();
  const models = useQuery({ ...modelsQuery(), refetchInterval: 15_000 });
  const { data: health } = useQuery(healthQuery());
  const { data: statistics } = useQuery({
    ...statisticsQuery({ time_range: '24h', limit: mostTotals }),
    refetchInterval: 30_000,
  });
  const { data: prices } = useQuery(priceSuggestionsQuery());
  const rows = useMemo(
    () => rowsOf({ models: models.data ?? [], health, totals: statistics?.by_model, prices }),
    [models.data, health, statistics, prices],
  );
  const shown = useMemo(() => filterRows(rows, search), [rows, search]);
  const fields = useMemo(() => filterFields(rows, (name) => t(`filter.${name}`)), [rows, t]);
  const existing = useMemo(() => new Set(rows.map(({ id }) => id)), [rows]);
  const selection = useSelection(existing);
  const [order, setOrder] = useState<readonly string[]>([]);
  const [isPricing, setIsPricing] = useState(false);
  const { visibility, show } = useColumns('models', initial());
  const open = rows.find(({ id }) => id === search.model);
  const onOpen = (row: ModelRow): void => set({ model: row.id, add: undefined });
  const view = search.view ?? 'table';
  const ordered = view === 'table' ? inOrder(shown, order) : shown;
  const updates = rows.filter(hasPriceUpdate).length;
  const list = { rows: shown, selection, openId: open?.id, onOpen };
  return (
    <>
      <PageHead
        title={ta('models')}
        note={
          models.data
            ? t(shown.length === rows.length ? 'note' : 'noteSome', { shown: shown.length, total: rows.length })
            : undefined
        }
        actions={
          <>
            <Segmented
              label={t('view.label')}
              value={view}
              options={[
                { value: 'table', label: t('view.table') },
                { value: 'cards', label: t('view.cards') },
              ]}
              onChange={(next) => set({ view: next === 'cards' ? next : undefined })}
            />
            {view === 'table' ? (
              <span className="max-sm:hidden">
                <ColumnMenu
                  columns={columnIds.map((id) => ({ id, label: t(`column.${id}`) }))}
                  visibility={visibility}
                  onShow={show}
                />
              </span>
            ) : null}
            <Button variant="primary" onClick={() => set({ add: search.provider ?? '1', model: undefined })}>
              <Plus aria-hidden size={16} strokeWidth={1.5} />
              <span className="max-sm:sr-only">{t('add')}</span>
            </Button>
          </>
        }
      />
      <FilterBar fields={fields} values={search as Record<string, string | undefined>} onChange={set} />
      {selection.ids.size ? (
        <Suspense fallback={<div className="min-h-10.5" />}>
          <BulkBar rows={rows.filter(({ id }) => selection.has(id))} selection={selection} />
        </Suspense>
      ) : updates ? (
        <PriceNote count={updates} onReview={() => setIsPricing(true)} />
      ) : null}
      <JobPanel />
      {view === 'cards' && models.data?.length ? (
        <ModelCards {...list} />
      ) : (
        <Panel
          source={models}
          height={400}
          empty={(all) =>
            all.length ? null : (
              <Empty
                title={t('empty')}
                hint={t('emptyHint')}
                action={
                  <Button variant="primary" onClick={() => set({ add: '1' })}>
                    {t('add')}
                  </Button>
                }
              />
            )
          }
        >
          {() => <ModelTable {...list} visibility={visibility} onOrder={setOrder} />}
        </Panel>
      )}
      <Suspense>
        {isPricing ? <PriceReview rows={rows} onClose={() => setIsPricing(false)} /> : null}
        {search.add !== undefined ? (
          <NewModel
            provider={search.add === '1' ? undefined : search.add}
            rows={rows}
            onClose={() => set({ add: undefined })}
          />
        ) : open ? (
          <ModelDrawer key={open.id} row={open} rows={ordered} allRows={rows} />
        ) : null}
      </Suspense>
    </>
  );
}

function PriceNote({ count, onReview }: { count: number; onReview: () => void }) {
  const t = useTranslations('models.prices');
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-3 rounded-panel border border-line bg-surface px-4 py-1">
      <span className="text-ink-2">{t('note', { count })}</span>
      <Button variant="link" size="inline" className="ml-auto" onClick={onReview}>
        {t('review')}
      </Button>
    </div>
  );
}
