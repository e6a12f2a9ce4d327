import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  type OnChangeFn,
  type SortingState,
  type Table,
  useReactTable,
  type VisibilityState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { HeadCell } from './head-cell';

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
}

const headHeight = 36;

/** A virtual table: only the rows in sight are in the page, and it stays a table for readers. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { name, rows, columns, rowId, visibility, openId, onOpen, onOrder, total, onEnd, height, maxHeight, small } =
    props;
  const t = useTranslations('app.table');
  const frame = useRef<HTMLDivElement>(null);
  const [ownSorting, setOwnSorting] = useState<SortingState>(props.initialSorting ?? []);
  const isSmall = useIsSmall();
  const isServerSorted = props.sorting !== undefined;
  const table = useReactTable({
    data: rows as Row[],
    columns,
    getRowId: rowId,
    state: {
      sorting: props.sorting ?? ownSorting,
      columnVisibility: visibility ?? {},
    },
    onSortingChange: props.onSortingChange ?? setOwnSorting,
    manualSorting: isServerSorted,
    enableSorting: isServerSorted || props.isSortable === true,
    enableSortingRemoval: false,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const shown = table.getRowModel().rows;
  const isFolded = isSmall && small !== undefined;
  const rowHeight = isFolded ? 56 : isSmall ? 40 : 32;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: 12,
    scrollPaddingStart: headHeight,
  });
  const items = virtual.getVirtualItems();
  useEffect(() => onOrder?.(shown.map(({ id }) => id)), [shown, onOrder]);
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (shown.length && lastShown >= shown.length - 20) onEnd?.();
  }, [lastShown, shown.length, onEnd]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height makes all measures void.
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  const walk = (event: KeyboardEvent): void => {
    const step =
      event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0;
    if (!step || event.metaKey || event.ctrlKey) return;
    const now = shown.findIndex(({ id }) => id === (focusedRow() ?? openId));
    const next = Math.max(0, Math.min(shown.length - 1, now + step));
    event.preventDefault();
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => frame.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const span = table.getVisibleLeafColumns().length;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows are walked; each is focusable itself.
    <div
      ref={frame}
      data-scrolls
      onKeyDown={onOpen ? walk : undefined}
      style={{ height, maxHeight }}
      className="relative overflow-auto"
    >
      <table
        aria-label={name}
        aria-rowcount={(total ?? shown.length) + 1}
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
            const row = shown[index];
            if (!row) return null;
            const isOpen = row.id === openId;
            return (
              <tr
                key={row.id}
                data-index={index}
                data-row={row.id}
                aria-rowindex={index + 2}
                aria-selected={onOpen ? isOpen : undefined}
                tabIndex={onOpen ? 0 : undefined}
                onClick={onOpen ? (event) => !isControl(event.target) && onOpen(row.original) : undefined}
                onKeyDown={
                  onOpen
                    ? (event) => event.key === 'Enter' && !isControl(event.target) && onOpen(row.original)
                    : undefined
                }
                style={{ height: rowHeight }}
                className={clsx(
                  'border-line border-b -outline-offset-2',
                  isOpen ? 'bg-accent-soft' : onOpen && 'cursor-pointer hover:bg-sunken',
                )}
              >
                {isFolded ? (
                  <td colSpan={span} className="px-4">
                    {small(row.original)}
                  </td>
                ) : (
                  row.getVisibleCells().map((cell) => (
                    <td
                      key={cell.id}
                      className={clsx(
                        'truncate px-2.5 first:pl-4',
                        cell.column.columnDef.meta?.align === 'right' && 'text-right',
                      )}
                    >
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </td>
                  ))
                )}
              </tr>
            );
          })}
          <Gap height={after} span={span} />
        </tbody>
      </table>
      {shown.length === 0 ? <p className="px-4 py-6 text-ink-3">{t('none')}</p> : null}
      {props.isLoadingMore ? (
        <p role="status" className="px-4 py-2 text-ink-3 text-label">
          {t('more')}
        </p>
      ) : null}
    </div>
  );
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

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, select, label') !== null;
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
