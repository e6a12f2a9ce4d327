import type { ColumnDef } from '@tanstack/react-table';
import { type ReactNode, useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Name } from '@/components/name';
import { count, money, share, span, speed, wholeCount } from '@/lib/format';
import { Origin } from '../entries/origin';
import { standings } from '../entries/standing';
import { StandingMark } from '../entries/standing-mark';
import { Capabilities, contextText, Limit, Price, Tags } from './cells';
import { callsOf, type ModelRow } from './prepare-rows';
import type { Selection } from './use-selection';

type Column = ColumnDef<ModelRow>;

/** An unknown number sorts as the lowest. */
function figure(
  id: string,
  header: string,
  size: number,
  value: (row: ModelRow) => number | undefined | null,
  text: (row: ModelRow) => ReactNode,
  title?: (row: ModelRow) => string,
): Column {
  return {
    id,
    header,
    size,
    meta: { align: 'right' },
    accessorFn: (row) => value(row) ?? -1,
    sortDescFirst: true,
    cell: ({ row }) => <span title={title?.(row.original)}>{text(row.original)}</span>,
  };
}

export function useModelColumns(selection: Selection): Column[] {
  const t = useTranslations('models.column');
  const ts = useTranslations('models.select');
  return useMemo(
    () => [
      {
        id: 'select',
        size: 42,
        enableSorting: false,
        header: ({ table }) => {
          const ids = table.getRowModel().rows.map(({ id }) => id);
          return (
            <Check
              label={ts('all')}
              isOn={ids.length > 0 && ids.every((id) => selection.has(id))}
              onChange={(isOn) => selection.setAll(ids, isOn)}
            />
          );
        },
        cell: ({ row }) => (
          <Check
            label={ts('one', { name: row.id })}
            isOn={selection.has(row.id)}
            onChange={(isOn) => selection.setAll([row.id], isOn)}
          />
        ),
      },
      {
        id: 'state',
        header: t('state'),
        size: 104,
        accessorFn: ({ standing }) => standings.indexOf(standing.word),
        cell: ({ row }) => <StandingMark standing={row.original.standing} />,
      },
      {
        id: 'name',
        header: t('name'),
        size: 172,
        meta: { isFlexible: true },
        accessorFn: ({ model }) => model.name,
        cell: ({ row }) => (
          <span title={row.original.model.display_name ?? undefined}>
            <Name name={row.original.model.name} most={24} />
          </span>
        ),
      },
      {
        id: 'provider',
        header: t('provider'),
        size: 92,
        accessorFn: ({ model }) => model.provider_name,
      },
      {
        id: 'tags',
        header: t('tags'),
        size: 108,
        enableSorting: false,
        cell: ({ row }) => <Tags tags={row.original.model.tags} width={88} />,
      },
      {
        id: 'can',
        header: t('can'),
        size: 126,
        enableSorting: false,
        cell: ({ row }) => <Capabilities model={row.original.model} isSmall />,
      },
      figure(
        'context',
        t('context'),
        78,
        ({ model }) => model.config.context_window,
        ({ model }) => contextText(model),
        ({ model }) => wholeCount(model.config.context_window),
      ),
      {
        id: 'price',
        header: t('price'),
        size: 128,
        meta: { align: 'right' },
        sortDescFirst: true,
        accessorFn: ({ model }) => model.config.cost_per_1k_tokens ?? -1,
        cell: ({ row }) => <Price row={row.original} />,
      },
      figure(
        'limit',
        t('limit'),
        96,
        ({ model: { rate_limit: limit } }) => (limit ? limit.max_requests / limit.per_seconds : undefined),
        ({ model }) => <Limit model={model} />,
      ),
      figure(
        'calls',
        t('calls'),
        62,
        callsOf,
        (row) => count(callsOf(row)),
        (row) => wholeCount(callsOf(row)),
      ),
      figure(
        'success',
        t('success'),
        82,
        ({ figures }) => figures?.success_rate,
        ({ figures }) => share(figures?.success_rate),
      ),
      figure(
        'ttft',
        t('ttft'),
        70,
        ({ figures }) => figures?.ttft_ms?.p50,
        ({ figures }) => span(figures?.ttft_ms?.p50),
      ),
      figure(
        'speed',
        t('speed'),
        66,
        ({ figures }) => figures?.tokens_per_second,
        ({ figures }) => speed(figures?.tokens_per_second),
      ),
      figure(
        'cost',
        t('cost'),
        66,
        ({ figures }) => figures?.total_cost,
        ({ figures }) => money(figures?.total_cost),
      ),
      {
        id: 'origin',
        header: t('origin'),
        size: 72,
        accessorFn: ({ model }) => model.origin,
        cell: ({ row }) => <Origin origin={row.original.model.origin} />,
      },
    ],
    [t, ts, selection],
  );
}

interface CheckProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** A target of 24 px around the box. */
export function Check({ label, isOn, onChange }: CheckProps) {
  return (
    <label className="-m-1 inline-flex size-6 cursor-pointer items-center justify-center align-middle touch:size-10">
      <input
        type="checkbox"
        aria-label={label}
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
        className="size-3.5"
      />
    </label>
  );
}
