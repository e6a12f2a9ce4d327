import {
  type ColumnDef,
  createRow,
  getCoreRowModel,
  getSortedRowModel,
  type OnChangeFn,
  type SortingState,
  type Table,
  type Row as TableRow,
  useReactTable,
  type VisibilityState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { BodyRow } from './body-row';
import { HeadCell } from './head-cell';
import { useKeysOfPage } from './use-keys-of-page';

declare module '@tanstack/react-table' {
  // The names of the parameters are the library's.
  interface ColumnMeta<TData, TValue> {
    align?: 'left' | 'right';
    /** Takes what is left of the width. */
    isFlexible?: boolean;
    _row?: TData;
    _value?: TValue;
  }
}

interface DataTableProps<Row> {
  name: string;
  rows: readonly Row[];
  columns: ColumnDef<Row>[];
  rowId: (row: Row) => string;
  /** Columns that are shown; see `useColumns`. */
  visibility?: VisibilityState;
  /** The open row; it is marked, and `j k` go on from it. */
  openId?: string | undefined;
  onOpen?: (row: Row) => void;
  /** Sorting of the rows that are here; leave out where the server sorts. */
  isSortable?: boolean;
  initialSorting?: SortingState;
  /** The rows as they are sorted here, for who goes on from one to the next. */
  onOrder?: (ids: readonly string[]) => void;
  sorting?: SortingState;
  onSortingChange?: OnChangeFn<SortingState>;
  /** All rows of the answer, when not all are here. */
  total?: number;
  /** Called as the end comes near. */
  onEnd?: () => void;
  isLoadingMore?: boolean;
  /** The whole row below 640 px, in two lines; without it the table scrolls inside its frame. */
  small?: (row: Row) => ReactNode;
  /** Of the scrolling frame; a number of pixels or a CSS length. */
  height?: number | string;
  /** Instead of a height: as high as its rows, and no higher than this. */
  maxHeight?: number | string;
  /** Whether it is scrolled away from its top. */
  onAway?: (isAway: boolean) => void;
  /** A new number scrolls it to its top. */
  toTop?: number;
}

const headHeight = 36;

/** A virtual table: only the rows in sight are in the page, and it stays a table for readers. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { name, rows, columns, rowId, visibility, openId, onOpen, onOrder, onAway, total, onEnd, small } = props;
  const { height, maxHeight, toTop } = props;
  const t = useTranslations('app.table');
  const frame = useRef<HTMLDivElement>(null);
  const [ownSorting, setOwnSorting] = useState<SortingState>(props.initialSorting ?? []);
  const isSmall = useIsSmall();
  const isServerSorted = props.sorting !== undefined;
  const isSortedHere = props.isSortable === true && !isServerSorted;
  const table = useReactTable({
    data: isSortedHere ? (rows as Row[]) : none,
    columns,
    getRowId: rowId,
    state: {
      sorting: props.sorting ?? ownSorting,
      columnVisibility: visibility ?? {},
    },
    onSortingChange: props.onSortingChange ?? setOwnSorting,
    manualSorting: isServerSorted,
    enableSorting: isServerSorted || isSortedHere,
    enableSortingRemoval: false,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const rowAt = useRows(table, rows, rowId, isSortedHere);
  const isFolded = isSmall && small !== undefined;
  const rowHeight = isFolded ? 56 : isSmall ? 40 : 32;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: headHeight,
  });
  const items = virtual.getVirtualItems();
  const sorted = isSortedHere ? table.getRowModel().rows : undefined;
  useEffect(() => {
    if (sorted) onOrder?.(sorted.map(({ id }) => id));
  }, [sorted, onOrder]);
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length && lastShown >= rows.length - 20) onEnd?.();
  }, [lastShown, rows.length, onEnd]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height makes all measures void.
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  useEffect(() => {
    if (toTop) frame.current?.scrollTo({ top: 0 });
  }, [toTop]);

  const walk = (event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'preventDefault'>): void => {
    const step =
      event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0;
    if (!step || event.metaKey || event.ctrlKey) return;
    const from = focusedRow() ?? openId;
    const now = rows.findIndex((_, index) => rowAt(index)?.id === from);
    const next = Math.max(0, Math.min(rows.length - 1, now + step));
    event.preventDefault();
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => frame.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  useKeysOfPage(frame, onOpen ? walk : undefined);
  const latestOpen = useRef(onOpen);
  useEffect(() => {
    latestOpen.current = onOpen;
  });
  const open = useCallback((row: Row) => latestOpen.current?.(row), []);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const span = table.getVisibleLeafColumns().length;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows are walked; each is focusable itself.
    <div
      ref={frame}
      data-scrolls
      onKeyDown={onOpen ? walk : undefined}
      onScroll={onAway ? ({ currentTarget }) => onAway(currentTarget.scrollTop > 0) : undefined}
      style={{ height, maxHeight }}
      className="relative overflow-auto"
    >
      <table
        aria-label={name}
        aria-rowcount={(total ?? rows.length) + 1}
        className="tabular w-full table-fixed"
        style={{ minWidth: isFolded ? undefined : minWidth(table) }}
      >
        <thead className={isFolded ? 'sr-only' : 'sticky top-0 z-10 bg-surface shadow-[inset_0_-1px_var(--line)]'}>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1} style={{ height: headHeight }}>
              {group.headers.map((header) => (
                <HeadCell key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Gap height={before} span={span} />
          {items.map(({ index }) => {
            const row = rowAt(index);
            if (!row) return null;
            return (
              <BodyRow
                key={row.id}
                row={row}
                index={index}
                isOpen={row.id === openId}
                onOpen={onOpen ? open : undefined}
                height={rowHeight}
                columns={columns}
                visibility={visibility}
                small={isFolded ? small : undefined}
                span={span}
              />
            );
          })}
          <Gap height={after} span={span} />
        </tbody>
      </table>
      {rows.length === 0 ? <p className="px-4 py-6 text-ink-3">{t('none')}</p> : null}
      {props.isLoadingMore ? (
        <p role="status" className="px-4 py-2 text-ink-3 text-label">
          {t('more')}
        </p>
      ) : null}
    </div>
  );
}

const none: never[] = [];

/** Rows are made as they come into sight, so that a list of a hundred thousand grows without a pause. */
function useRows<Row>(table: Table<Row>, rows: readonly Row[], rowId: (row: Row) => string, isSortedHere: boolean) {
  const [made] = useState(() => new WeakMap<object, TableRow<Row>>());
  const sorted = isSortedHere ? table.getRowModel().rows : undefined;
  return (index: number): TableRow<Row> | undefined => {
    if (sorted) return sorted[index];
    const original = rows[index];
    if (original === undefined) return undefined;
    const known = made.get(original as object);
    if (known) return known;
    const row = createRow(table, rowId(original), original, index, 0);
    made.set(original as object, row);
    return row;
  };
}

function Gap({ height, span }: { height: number; span: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={span} style={{ height }} className="p-0" />
    </tr>
  );
}

function minWidth<Row>(table: Table<Row>): number {
  return table.getVisibleLeafColumns().reduce((sum, column) => sum + column.getSize(), 0);
}

function focusedRow(): string | undefined {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement ? activeElement.dataset.row : undefined;
}

function useIsSmall(): boolean {
  const [isSmall, setIsSmall] = useState(() => matchMedia('(max-width: 639px)').matches);
  useEffect(() => {
    const query = matchMedia('(max-width: 639px)');
    const listen = (): void => setIsSmall(query.matches);
    query.addEventListener('change', listen);
    return () => query.removeEventListener('change', listen);
  }, []);
  return isSmall;
}
