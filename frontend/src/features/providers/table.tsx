import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { DataTable } from '@/components/data-table/data-table';
import { Name } from '@/components/name';
import { count, share, span } from '@/lib/format';
import { Origin } from '../entries/origin';
import { StandingMark } from '../entries/standing-mark';
import { Circuit, InFlight, Keys, LastError } from './cells';
import type { ProviderRow } from './prepare-rows';

type Column = ColumnDef<ProviderRow>;

function useProviderColumns(): Column[] {
  const t = useTranslations('providers.column');
  return useMemo(
    () => [
      {
        id: 'state',
        header: t('state'),
        size: 126,
        enableSorting: false,
        cell: ({ row }) => <StandingMark standing={row.original.standing} />,
      },
      {
        id: 'name',
        header: t('name'),
        size: 112,
        accessorFn: ({ name }) => name,
        cell: ({ row }) => <Name name={row.original.name} most={18} />,
      },
      { id: 'type', header: t('type'), size: 128, accessorFn: ({ provider }) => provider.type },
      {
        id: 'circuit',
        header: t('circuit'),
        size: 196,
        enableSorting: false,
        cell: ({ row }) => <Circuit circuit={row.original.circuit} />,
      },
      {
        id: 'keys',
        header: t('keys'),
        size: 108,
        enableSorting: false,
        cell: ({ row }) => <Keys row={row.original} />,
      },
      {
        id: 'inFlight',
        header: t('inFlight'),
        size: 84,
        meta: { align: 'right' },
        sortDescFirst: true,
        accessorFn: ({ provider }) => provider.in_flight,
        cell: ({ row }) => <InFlight provider={row.original.provider} />,
      },
      {
        id: 'success',
        header: t('success'),
        size: 80,
        meta: { align: 'right' },
        accessorFn: ({ figures }) => figures?.success_rate ?? -1,
        cell: ({ row }) => share(row.original.figures?.success_rate),
      },
      {
        id: 'p95',
        header: t('p95'),
        size: 70,
        meta: { align: 'right' },
        sortDescFirst: true,
        accessorFn: ({ figures }) => figures?.duration_ms?.p95 ?? -1,
        cell: ({ row }) => span(row.original.figures?.duration_ms?.p95),
      },
      {
        id: 'models',
        header: t('models'),
        size: 74,
        meta: { align: 'right' },
        sortDescFirst: true,
        accessorFn: ({ models }) => models.length,
      },
      {
        id: 'lastError',
        header: t('lastError'),
        size: 150,
        meta: { isFlexible: true },
        enableSorting: false,
        cell: ({ row }) => <LastError error={row.original.provider.last_error} />,
      },
      {
        id: 'origin',
        header: t('origin'),
        size: 54,
        enableSorting: false,
        cell: ({ row }) => <Origin origin={row.original.provider.origin} />,
      },
    ],
    [t],
  );
}

interface ProviderTableProps {
  rows: readonly ProviderRow[];
  openId: string | undefined;
  onOpen: (row: ProviderRow) => void;
  onOrder: (ids: readonly string[]) => void;
}

export function ProviderTable({ rows, openId, onOpen, onOrder }: ProviderTableProps) {
  const t = useTranslations('providers');
  const columns = useProviderColumns();
  return (
    <DataTable
      name={t('table')}
      rows={rows}
      columns={columns}
      rowId={({ name }) => name}
      openId={openId}
      onOpen={onOpen}
      onOrder={onOrder}
      isSortable
      small={(row) => <SmallRow row={row} />}
      maxHeight="clamp(240px, calc(100dvh - 92px), 1400px)"
    />
  );
}

function SmallRow({ row }: { row: ProviderRow }) {
  const t = useTranslations('providers.small');
  const { provider, figures, models } = row;
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 truncate">
          <Name name={row.name} most={24} />
        </span>
        <span className="truncate text-ink-3 text-label">{provider.type}</span>
        <span className="ml-auto shrink-0 text-label">
          <StandingMark standing={row.standing} />
        </span>
      </div>
      <div className="tabular flex items-baseline gap-3 text-ink-3 text-label">
        <span className="min-w-0 truncate">{t('models', { count: models.length })}</span>
        <span className="ml-auto shrink-0">
          {count(provider.in_flight)} / {provider.max_connections} · {share(figures?.success_rate)} ·{' '}
          {span(figures?.duration_ms?.p95)}
        </span>
      </div>
    </div>
  );
}
