import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslations } from 'use-intl';
import { invocationsQuery } from '@/api/queries/invocations';
import { meQuery } from '@/api/queries/me';
import { useLiveFigures } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { useColumns } from '@/components/data-table/use-columns';
import { wholeCount } from '@/lib/format';
import { hiddenAtFirst } from './columns';
import { Filters, useFacets } from './filters';
import type { CallsSearch } from './search';
import { CallsTable } from './table';
import { useCalls } from './use-calls';
import { useOpenCall } from './use-open-call';

const ExportProgress = lazy(() => import('./export/export-progress'));
const RangeHistogram = lazy(() => import('./histogram'));
const HeadActions = lazy(() => import('./head-actions'));
const SessionBar = lazy(() => import('./session/session-bar'));
const CallDrawer = lazy(() => import('./drawer/call-drawer'));

export function CallsPage() {
  const t = useTranslations('calls');
  const search = useSearch({ strict: false }) as CallsSearch;
  const { range, isLive } = usePage();
  const { data: me } = useQuery(meQuery());
  const isAdmin = me?.role !== 'user';
  const list = useCalls(search);
  const { facets, colours } = useFacets();
  const { visibility, show } = useColumns('calls', hiddenAtFirst);
  const opened = useOpenCall(list);
  useLiveFigures(range, isLive);
  return (
    <div className="flex h-[calc(100dvh-90px)] min-h-120 min-w-0 flex-col gap-3 sm:h-[calc(100dvh-46px)]">
      <PageHead
        title={t('title')}
        note={<Count list={list} />}
        hasRange
        hasLive
        actions={
          <Suspense fallback={<span className="w-55 max-sm:w-10" />}>
            <HeadActions filters={list.filters} visibility={visibility} onShow={show} isAdmin={isAdmin} />
          </Suspense>
        }
      />
      <Filters search={search} facets={facets} hasKeys={isAdmin} />
      {search.session ? (
        <Suspense>
          <SessionBar id={search.session} search={search} filters={list.filters} />
        </Suspense>
      ) : null}
      <Suspense>
        <ExportProgress />
      </Suspense>
      <Suspense fallback={<div className="h-[46px] shrink-0 rounded-panel border border-line bg-surface" />}>
        <RangeHistogram filters={list.filters} />
      </Suspense>
      <CallsTable
        list={list}
        search={search}
        colours={colours}
        visibility={visibility}
        isAdmin={isAdmin}
        opened={opened}
      />
      {opened.id === undefined ? null : (
        <Suspense>
          <CallDrawer opened={opened} isAdmin={isAdmin} />
        </Suspense>
      )}
    </div>
  );
}

/** `1,772 of 128,412`: what the filters let through, of all calls in the range. */
function Count({ list: { total, isExact, filters } }: { list: ReturnType<typeof useCalls> }) {
  const t = useTranslations('calls');
  const { query } = usePage();
  const isFiltered = Object.keys(filters).length > 0;
  const all = useQuery({ ...invocationsQuery({ ...query, limit: 1 }), enabled: isFiltered });
  if (total === undefined) return null;
  const count = isExact ? wholeCount(total) : t('count.atLeast', { count: wholeCount(total) });
  return isFiltered && all.data
    ? t('count.of', { count, all: wholeCount(all.data.total) })
    : t('count.all', { count, number: total });
}
