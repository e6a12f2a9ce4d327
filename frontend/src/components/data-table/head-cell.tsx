import { flexRender, type Header } from '@tanstack/react-table';
import clsx from 'clsx';
import { useTranslations } from 'use-intl';

const sorts = { asc: 'ascending', desc: 'descending' } as const;

export function HeadCell<Row>({ header }: { header: Header<Row, unknown> }) {
  const t = useTranslations('app.table');
  const { column } = header;
  const { align, isFlexible } = column.columnDef.meta ?? {};
  const sorted = column.getIsSorted();
  const text = flexRender(column.columnDef.header, header.getContext());
  return (
    <th
      scope="col"
      aria-sort={sorted ? sorts[sorted] : column.getCanSort() ? 'none' : undefined}
      style={{ width: isFlexible ? undefined : column.getSize() }}
      className={clsx(
        'truncate px-2.5 font-normal text-ink-3 text-label first:pl-4',
        align === 'right' ? 'text-right' : 'text-left',
      )}
    >
      {column.getCanSort() ? (
        <button
          type="button"
          title={t(sorted === 'asc' ? 'sortDown' : 'sortUp')}
          onClick={column.getToggleSortingHandler()}
          className={clsx(
            'inline-flex min-h-6 items-center gap-1 hover:text-ink-1',
            align === 'right' && 'flex-row-reverse',
            sorted && 'font-medium text-ink-1',
          )}
        >
          {text}
          <span aria-hidden className="w-2 text-mark">
            {sorted === 'asc' ? '↑' : sorted === 'desc' ? '↓' : ''}
          </span>
        </button>
      ) : (
        text
      )}
    </th>
  );
}
