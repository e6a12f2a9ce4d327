import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { statisticsQuery } from '@/api/queries/figures';
import { healthQuery } from '@/api/queries/health';
import { providersQuery } from '@/api/queries/providers';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { Button } from '@/components/ui/button';
import { JobPanel } from '../entries/job-panel';
import { mostTotals, rowsOf } from './prepare-rows';
import type { ProvidersSearch } from './search';
import { ProviderTable } from './table';

// What opens loads when it opens; the list is there before.
const ProviderDrawer = lazy(() => import('./drawer'));
const NewProvider = lazy(() => import('./new-provider'));

export function ProvidersPage() {
  const t = useTranslations('providers');
  const ta = useTranslations('app.pages');
  const search: ProvidersSearch = useSearch({ strict: false });
  const { set } = usePage();
  const providers = useQuery({ ...providersQuery(), refetchInterval: 5000 });
  const { data: health, dataUpdatedAt } = useQuery(healthQuery());
  const { data: statistics } = useQuery({
    ...statisticsQuery({ time_range: '1h', limit: mostTotals }),
    refetchInterval: 15_000,
  });
  const rows = useMemo(
    () => rowsOf({ providers: providers.data ?? [], health, healthAt: dataUpdatedAt, totals: statistics?.by_provider }),
    [providers.data, health, dataUpdatedAt, statistics],
  );
  const [order, setOrder] = useState<readonly string[]>([]);
  const open = rows.find(({ name }) => name === search.provider);
  const at = order.indexOf(open?.name ?? '');
  const ready = rows.filter(({ standing }) => ['ready', 'partly'].includes(standing.word)).length;
  const add = (
    <Button variant="primary" onClick={() => set({ add: '1', provider: undefined })}>
      <Plus aria-hidden size={16} strokeWidth={1.5} />
      <span className="max-sm:sr-only">{t('add')}</span>
    </Button>
  );
  return (
    <>
      <PageHead
        title={ta('providers')}
        note={providers.data ? t('note', { ready, total: rows.length }) : undefined}
        actions={add}
      />
      <JobPanel />
      <Panel
        source={providers}
        height={320}
        empty={(all) => (all.length ? null : <Empty title={t('empty')} hint={t('emptyHint')} action={add} />)}
      >
        {() => (
          <ProviderTable
            rows={rows}
            openId={open?.name}
            onOpen={({ name }) => set({ provider: name, add: undefined })}
            onOrder={setOrder}
          />
        )}
      </Panel>
      <Suspense>
        {search.add ? (
          <NewProvider names={rows.map(({ name }) => name)} onClose={() => set({ add: undefined })} />
        ) : open ? (
          <ProviderDrawer
            key={open.name}
            row={open}
            previous={at > 0 ? order[at - 1] : undefined}
            next={at >= 0 ? order[at + 1] : undefined}
          />
        ) : null}
      </Suspense>
    </>
  );
}
