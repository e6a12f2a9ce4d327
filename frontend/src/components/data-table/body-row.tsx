import { type ColumnDef, flexRender, type Row as TableRow, type VisibilityState } from '@tanstack/react-table';
import clsx from 'clsx';
import { memo, type ReactNode } from 'react';

interface BodyRowProps<Row> {
  row: TableRow<Row>;
  index: number;
  isOpen: boolean;
  onOpen: ((row: Row) => void) | undefined;
  height: number;
  /** Not read here: a row is drawn anew when the columns change, and not when the table scrolls. */
  columns: ColumnDef<Row>[];
  visibility: VisibilityState | undefined;
  small: ((row: Row) => ReactNode) | undefined;
  span: number;
}

export const BodyRow = memo(Drawn) as typeof Drawn;

function Drawn<Row>({ row, index, isOpen, onOpen, height, small, span }: BodyRowProps<Row>) {
  return (
    <tr
      data-index={index}
      data-row={row.id}
      aria-rowindex={index + 2}
      aria-selected={onOpen ? isOpen : undefined}
      tabIndex={onOpen ? 0 : undefined}
      onClick={onOpen ? (event) => !isControl(event.target) && onOpen(row.original) : undefined}
      onKeyDown={
        onOpen ? (event) => event.key === 'Enter' && !isControl(event.target) && onOpen(row.original) : undefined
      }
      style={{ height }}
      className={clsx(
        'border-line border-b -outline-offset-2',
        isOpen ? 'bg-accent-soft' : onOpen && 'cursor-pointer hover:bg-sunken',
      )}
    >
      {small ? (
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
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, select, label') !== null;
}
