import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { ListFilter } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { GroupNames } from '@/app/group-names';
import { usePage } from '@/app/page-state';
import type { Measure } from '@/charts/prepare/stack';
import { Name, Swatch } from '@/components/name';
import { IconButton } from '@/components/ui/button';
import { count, money, share, wholeCount } from '@/lib/format';
import { type GroupBy, localGroup } from '@/lib/group-by';
import { useUsageFilters } from './filters';
import { useLinkToCalls } from './link';
import { type SortColumn, sortedRows, type UsageRow, type UsageTable } from './rows';

const others = 'var(--s-others)';
const counts = ['calls', 'prompt', 'cached', 'completion', 'reasoning'] as const;

interface Column {
  id: SortColumn;
  width: string;
  cell: (row: UsageRow) => ReactNode;
}

interface TableProps {
  table: UsageTable;
  by: GroupBy;
  measure: Measure;
  names: GroupNames;
  unpriced: number;
}

interface Sorting {
  id: SortColumn;
  isDown: boolean;
}

/** At most a hundred rows, so all of them are in the page; below 640 px a row has two lines. */
export function UsageTableView({ table: { rows, total }, by, measure, names, unpriced }: TableProps) {
  const t = useTranslations('usage.breakdown');
  const tf = useTranslations('usage.filter');
  const [chosen, setSorting] = useState<Sorting & { of: Measure }>();
  // Another card sorts by its own figure again.
  const sorting: Sorting =
    chosen?.of === measure ? chosen : { id: measure === 'tokens' ? 'share' : measure, isDown: true };
  const sorted = useMemo(() => sortedRows(rows, sorting.id, sorting.isDown), [rows, sorting.id, sorting.isDown]);
  const columns: Column[] = [
    ...counts.map((id) => ({ id, width: 'w-26', cell: (row: UsageRow) => <Count value={row[id]} /> })),
    { id: 'cost', width: 'w-28', cell: (row) => <Cost row={row} /> },
    {
      id: 'share',
      width: 'w-40',
      cell: (row) => (row.kind === 'total' ? null : <Share row={row} color={colourOf(row, names)} />),
    },
  ];
  const sortBy = (id: SortColumn): void =>
    setSorting({ id, of: measure, isDown: sorting.id === id ? !sorting.isDown : id !== 'key' });
  return (
    <div className="border-line border-t">
      <div data-scrolls className="overflow-x-auto">
        <table
          aria-label={t('table', { group: t(`groups.${by}`) })}
          className="tabular w-full sm:min-w-[980px] sm:table-fixed"
        >
          <thead className="max-sm:sr-only">
            <tr className="h-9">
              <HeadCell id="key" text={tf(by)} sorting={sorting} onSort={sortBy} className="pl-4 text-left" />
              {columns.map(({ id, width }) => (
                <HeadCell
                  key={id}
                  id={id}
                  text={t(id as Exclude<SortColumn, 'key'>)}
                  title={id === 'share' ? t(`shareOf.${measure}`) : undefined}
                  sorting={sorting}
                  onSort={sortBy}
                  className={clsx(width, 'text-right')}
                />
              ))}
              <td className="w-14" />
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={`${row.kind} ${row.key}`} className="h-8 border-line border-t hover:bg-sunken max-sm:h-14">
                <th scope="row" className="truncate pl-4 text-left font-normal max-sm:w-full max-sm:max-w-0">
                  <GroupCell row={row} by={by} names={names} />
                  <SmallLine row={row} />
                </th>
                <td className="whitespace-nowrap pr-4 pl-3 text-right align-top sm:hidden">
                  <SmallFigures row={row} measure={measure} />
                </td>
                {columns.map(({ id, cell }) => (
                  <td key={id} className="px-2.5 text-right max-sm:hidden">
                    {cell(row)}
                  </td>
                ))}
                <td className="text-center max-sm:hidden">
                  <Only row={row} by={by} />
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot className="font-medium">
            <tr className="h-9 border-line-strong border-t max-sm:h-14">
              <th scope="row" className="truncate pl-4 text-left font-medium max-sm:max-w-0">
                {t('total')}
                <SmallLine row={total} />
              </th>
              <td className="pr-4 text-right align-top sm:hidden">
                <SmallFigures row={total} measure={measure} />
              </td>
              {columns.map(({ id, cell }) => (
                <td key={id} className="px-2.5 text-right max-sm:hidden">
                  {cell(total)}
                </td>
              ))}
              <td className="max-sm:hidden" />
            </tr>
          </tfoot>
        </table>
      </div>
      {unpriced ? (
        <p className="border-line border-t px-4 py-1.5 text-label text-warn">
          {t('without', { count: unpriced, calls: count(unpriced) })}
        </p>
      ) : null}
    </div>
  );
}

function colourOf({ key, kind }: UsageRow, names: GroupNames): string {
  return names.get(kind === 'local' ? localGroup : key)?.color ?? others;
}

interface HeadCellProps {
  id: SortColumn;
  text: string;
  title?: string | undefined;
  sorting: Sorting;
  onSort: (id: SortColumn) => void;
  className: string;
}

function HeadCell({ id, text, title, sorting, onSort, className }: HeadCellProps) {
  const isSorted = sorting.id === id;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (sorting.isDown ? 'descending' : 'ascending') : 'none'}
      className={clsx('px-2.5 font-normal text-ink-3 text-label', className)}
    >
      <button
        type="button"
        title={title}
        onClick={() => onSort(id)}
        className={clsx(
          'inline-flex min-h-6 items-center gap-1 hover:text-ink-1',
          isSorted && 'font-medium text-ink-1',
        )}
      >
        {isSorted ? (
          <span aria-hidden className="text-mark">
            {sorting.isDown ? '↓' : '↑'}
          </span>
        ) : null}
        {text}
      </button>
    </th>
  );
}

/** Narrows the page to one group, split by what it does not tell yet. */
function Only({ row, by }: { row: UsageRow; by: GroupBy }) {
  const t = useTranslations('usage.breakdown');
  const { set } = usePage();
  const { values } = useUsageFilters();
  if (row.kind !== 'group' || values[by] === row.key) return null;
  return (
    <IconButton
      label={t('only', { name: row.key })}
      className="-my-1 size-7!"
      onClick={() => set({ [by]: row.key, by: by === 'model' ? 'key' : undefined })}
    >
      <ListFilter aria-hidden size={14} strokeWidth={1.5} />
    </IconButton>
  );
}

function Count({ value }: { value: number }) {
  return <span title={wholeCount(value)}>{count(value)}</span>;
}

function Cost({ row: { cost, unpriced, calls } }: { row: UsageRow }) {
  const t = useTranslations('usage.breakdown');
  const note = unpriced ? t('without', { count: unpriced, calls: count(unpriced) }) : undefined;
  // What is not known at all stands as a dash, what is not known whole has a mark.
  const isPart = unpriced > 0 && unpriced < calls && cost !== undefined;
  return (
    <span title={note}>
      {isPart ? (
        <span className="mr-1 text-mark text-warn">
          <span aria-hidden>▲</span>
          <span className="sr-only">{note}</span>
        </span>
      ) : null}
      {unpriced > 0 && unpriced === calls ? '—' : money(cost)}
    </span>
  );
}

function Share({ row, color }: { row: UsageRow; color: string }) {
  return (
    <span className="flex items-center justify-end gap-2">
      <span aria-hidden className="h-1.5 w-14 overflow-hidden rounded-full bg-sunken">
        <span
          className="block h-full rounded-full"
          style={{ width: `${Math.min(1, row.share ?? 0) * 100}%`, background: color }}
        />
      </span>
      <span className="w-14">{share(row.share)}</span>
    </span>
  );
}

function GroupCell({ row, by, names }: { row: UsageRow; by: GroupBy; names: GroupNames }) {
  const linkTo = useLinkToCalls();
  const label = useRowName()(row);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Swatch color={colourOf(row, names)} />
      {row.kind === 'group' ? (
        <Link to="/ui/calls" search={linkTo({ [by]: row.key })} className="min-w-0 truncate hover:underline">
          <Name name={row.key} most={40} />
        </Link>
      ) : (
        <span className="truncate text-ink-2">{label}</span>
      )}
    </span>
  );
}

/** The name of a row that has none of its own. */
export function useRowName(): (row: UsageRow) => string {
  const t = useTranslations('usage.breakdown');
  const tc = useTranslations('charts');
  return ({ key, kind }) => (kind === 'group' ? key : kind === 'local' ? tc('local') : t(kind));
}

function SmallLine({ row: { calls, tokens } }: { row: UsageRow }) {
  const t = useTranslations('usage.breakdown');
  return (
    <span className="block truncate pl-4.5 font-normal text-ink-3 text-label sm:hidden">
      {t('smallLine', { calls: count(calls), tokens: count(tokens) })}
    </span>
  );
}

function SmallFigures({ row, measure }: { row: UsageRow; measure: Measure }) {
  return (
    <span className="flex flex-col pt-2">
      {measure === 'cost' ? <Cost row={row} /> : <Count value={row[measure]} />}
      {row.kind === 'total' ? null : <span className="font-normal text-ink-3 text-label">{share(row.share)}</span>}
    </span>
  );
}
