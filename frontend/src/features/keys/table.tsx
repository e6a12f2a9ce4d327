import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { DataTable } from '@/components/data-table/data-table';
import { BudgetCell } from './budget-bar';
import { AllowedModels, Ends, KeyState, LastUsed, Limits, Use } from './cells';
import type { KeyRow } from './rows';

interface KeyTableProps {
  rows: readonly KeyRow[];
  openId: string | undefined;
  onOpen: (row: KeyRow) => void;
}

const whole = {};
// Beside the drawer, which says the rest.
const besideDrawer = { prefix: false, role: false, ends: false, allowed: false, limits: false, last: false };

export function KeyTable({ rows, openId, onOpen }: KeyTableProps) {
  const t = useTranslations('keys');
  const columns = useMemo<ColumnDef<KeyRow>[]>(
    () => [
      {
        id: 'name',
        header: t('column.name'),
        accessorFn: ({ key }) => key.name,
        size: 130,
        meta: { isFlexible: true },
        cell: ({ row: { original } }) => <KeyName row={original} />,
      },
      {
        id: 'prefix',
        header: t('column.prefix'),
        size: 108,
        enableSorting: false,
        cell: ({ row: { original } }) => (
          <span className="font-mono text-ink-2 text-label">{original.key.prefix}…</span>
        ),
      },
      {
        id: 'role',
        header: t('column.role'),
        accessorFn: ({ key }) => key.role,
        size: 62,
        cell: ({ row: { original } }) => t(`role.${original.key.role}`),
      },
      {
        id: 'state',
        header: t('column.state'),
        accessorFn: ({ key }) => key.state,
        size: 102,
        cell: ({ row: { original } }) => <KeyState value={original.key} />,
      },
      {
        id: 'ends',
        header: t('column.ends'),
        accessorFn: ({ endsIn }) => endsIn ?? Number.MAX_SAFE_INTEGER,
        size: 96,
        cell: ({ row: { original } }) => <Ends row={original} />,
      },
      {
        id: 'allowed',
        header: t('column.allowed'),
        size: 136,
        enableSorting: false,
        cell: ({ row: { original } }) => <AllowedModels value={original.key} />,
      },
      {
        id: 'limits',
        header: t('column.limits'),
        size: 126,
        enableSorting: false,
        cell: ({ row: { original } }) => <Limits value={original.key} />,
      },
      {
        id: 'budget',
        header: t('column.budget'),
        accessorFn: ({ budget }) => budget?.share ?? -1,
        size: 176,
        cell: ({ row: { original } }) =>
          original.budget ? <BudgetCell use={original.budget} /> : <span className="text-ink-3">{t('none')}</span>,
      },
      {
        id: 'use',
        header: t('column.use'),
        accessorFn: ({ calls }) => calls ?? -1,
        size: 128,
        cell: ({ row: { original } }) => <Use row={original} />,
      },
      {
        id: 'last',
        header: t('column.last'),
        accessorFn: ({ key }) => Date.parse(key.last_used_at ?? '') || 0,
        size: 98,
        meta: { align: 'right' },
        cell: ({ row: { original } }) => <LastUsed value={original.key} />,
      },
    ],
    [t],
  );
  return (
    <DataTable
      name={t('title')}
      rows={rows}
      columns={columns}
      rowId={({ key }) => String(key.id)}
      openId={openId}
      onOpen={onOpen}
      visibility={openId ? besideDrawer : whole}
      isSortable
      small={(row) => <SmallRow row={row} />}
      maxHeight="max(240px, calc(100dvh - 190px))"
    />
  );
}

function KeyName({ row: { key } }: { row: KeyRow }) {
  return (
    <span title={key.name} className={key.revoked_at ? 'text-ink-3' : 'font-medium'}>
      {key.name}
    </span>
  );
}

function SmallRow({ row }: { row: KeyRow }) {
  const t = useTranslations('keys');
  const { key, budget } = row;
  return (
    <span className="flex min-w-0 flex-col gap-0.5">
      <span className="flex min-w-0 items-baseline justify-between gap-3">
        <span className="truncate">
          <KeyName row={row} />
        </span>
        <KeyState value={key} />
      </span>
      <span className="flex min-w-0 items-center justify-between gap-3 text-ink-3 text-label">
        <span className="truncate">
          {t(`role.${key.role}`)} · <span className="font-mono">{key.prefix}…</span>
        </span>
        <span className="w-44 shrink-0 text-ink-1">{budget ? <BudgetCell use={budget} /> : <Use row={row} />}</span>
      </span>
    </span>
  );
}
