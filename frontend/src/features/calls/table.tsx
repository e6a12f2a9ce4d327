import type { SortingState, VisibilityState } from '@tanstack/react-table';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { usePage } from '@/app/page-state';
import { DataTable } from '@/components/data-table/data-table';
import { Panel } from '@/components/panel';
import { useCallColumns } from './columns';

import { phaseScale } from './phases';
import { type CallsSearch, orders } from './search';
import { SearchNote } from './search-note';
import { SmallRow } from './small-row';
import type { Call } from './tail';
import type { CallsList } from './use-calls';
import type { OpenCall } from './use-open-call';

const RunningCalls = lazy(() => import('./running-calls'));
const NoCalls = lazy(() => import('./no-calls'));

interface CallsTableProps {
  list: CallsList;
  search: CallsSearch;
  colours: ReadonlyMap<string, string>;
  visibility: VisibilityState;
  isAdmin: boolean;
  opened: OpenCall;
}

// The columns that the router can sort by, and their names in the URL.
const orderOf: Record<string, CallsSearch['order']> = { total: 'duration', tokens: 'tokens', cost: 'cost' };
const scaleOver = 200;

export function CallsTable({ list, search, colours, visibility, isAdmin, opened }: CallsTableProps) {
  const t = useTranslations('calls');
  const { set, isLive, range } = usePage();
  const { rows, total, searchedTo, more, held, release, setAway } = list;
  const [top, setTop] = useState(0);
  const scale = useMemo(() => phaseScale((rows ?? []).slice(0, scaleOver).map((row) => row.duration_ms)), [rows]);
  const columns = useCallColumns({ colours, scale, hasKeys: isAdmin });
  const sorting = useMemo<SortingState>(() => {
    const id = Object.keys(orderOf).find((name) => orderOf[name] === search.order) ?? 'time';
    return [{ id, desc: search.asc !== '1' }];
  }, [search.order, search.asc]);
  const sort = (next: SortingState | ((before: SortingState) => SortingState)): void => {
    const [first] = typeof next === 'function' ? next(sorting) : next;
    const order = orderOf[first?.id ?? ''];
    // Largest first, whichever column is chosen anew.
    const isOther = first?.id !== sorting[0]?.id;
    set({ order: orders.find((name) => name === order), asc: !isOther && first?.desc === false ? '1' : undefined });
  };
  const toTop = (): void => {
    release();
    setTop((before) => before + 1);
  };
  // What was searched is said; to go on is the person's decision.
  const onEnd = useCallback(() => {
    if (!searchedTo) more();
  }, [searchedTo, more]);
  return (
    <Panel
      source={list.source}
      className="min-h-0 flex-1"
      height={320}
      empty={(calls) =>
        calls.length || searchedTo ? null : (
          <Suspense>
            <NoCalls filters={list.filters} search={search} canCancel={isAdmin} />
          </Suspense>
        )
      }
    >
      {(calls) => (
        <>
          {isLive && range.kind === 'relative' ? (
            <Suspense>
              <RunningCalls search={search} canCancel={isAdmin} />
            </Suspense>
          ) : null}
          <div className="relative min-h-0 flex-1">
            <Pill held={held} onClick={toTop} />
            {calls.length ? (
              <DataTable
                name={t('title')}
                rows={calls}
                columns={columns}
                rowId={idOf}
                visibility={visibility}
                openId={opened.id === undefined ? undefined : String(opened.id)}
                onOpen={opened.open}
                sorting={sorting}
                onSortingChange={sort}
                total={total ?? calls.length}
                onEnd={onEnd}
                isLoadingMore={list.isLoadingMore}
                onAway={setAway}
                toTop={top}
                small={small}
                height="100%"
              />
            ) : null}
          </div>
          <SearchNote list={list} />
        </>
      )}
    </Panel>
  );
}

const idOf = (call: Call): string => String(call.id);
const small = (call: Call) => <SmallRow call={call} />;

function Pill({ held, onClick }: { held: number; onClick: () => void }) {
  const t = useTranslations('calls');
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-10 z-20 flex justify-center">
      {held ? (
        <button
          type="button"
          onClick={onClick}
          className="tabular pointer-events-auto min-h-7 rounded-full bg-ink-1 px-3 font-medium text-label text-surface shadow-overlay touch:min-h-10"
        >
          ↑ {t('new', { count: held })}
        </button>
      ) : null}
    </div>
  );
}
