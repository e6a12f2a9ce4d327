import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import { DataTable } from '@/components/data-table/data-table';
import { Name } from '@/components/name';
import { count, money, share, span, wholeCount } from '@/lib/format';
import { StandingMark } from '../entries/standing-mark';
import { Capabilities, contextText, Price, Tags } from './cells';
import { Check, useModelColumns } from './columns';
import { callsOf, type ModelRow } from './prepare-rows';
import type { Selection } from './use-selection';

interface ListProps {
  rows: readonly ModelRow[];
  selection: Selection;
  openId: string | undefined;
  onOpen: (row: ModelRow) => void;
}

interface TableProps extends ListProps {
  visibility: Record<string, boolean>;
  onOrder: (ids: readonly string[]) => void;
}

export function ModelTable({ rows, selection, openId, onOpen, visibility, onOrder }: TableProps) {
  const t = useTranslations('models');
  const columns = useModelColumns(selection);
  return (
    <DataTable
      name={t('table')}
      rows={rows}
      columns={columns}
      rowId={({ id }) => id}
      visibility={visibility}
      openId={openId}
      onOpen={onOpen}
      onOrder={onOrder}
      isSortable
      initialSorting={[{ id: 'calls', desc: true }]}
      small={(row) => <SmallRow row={row} />}
      maxHeight="clamp(240px, calc(100dvh - 132px), 1400px)"
    />
  );
}

function SmallRow({ row }: { row: ModelRow }) {
  const t = useTranslations('models.small');
  const { model, standing, figures } = row;
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 truncate">
          <Name name={row.id} most={30} />
        </span>
        <span className="ml-auto shrink-0 text-label">
          <StandingMark standing={standing} />
        </span>
      </div>
      <div className="tabular flex items-baseline gap-3 text-ink-3 text-label">
        <span className="min-w-0 truncate">{model.tags.join(', ')}</span>
        <span className="ml-auto shrink-0">
          {t('figures', {
            calls: count(callsOf(row)),
            success: share(figures?.success_rate),
            cost: money(figures?.total_cost),
          })}
        </span>
      </div>
    </div>
  );
}

export function ModelCards({ rows, selection, openId, onOpen }: ListProps) {
  const t = useTranslations('models');
  if (!rows.length)
    return <p className="rounded-panel border border-line bg-surface px-4 py-6 text-ink-3">{t('noMatch')}</p>;
  return (
    <ul aria-label={t('table')} className="grid grid-cols-[repeat(auto-fill,minmax(300px,1fr))] gap-3">
      {rows.map((row) => (
        <Card key={row.id} row={row} selection={selection} isOpen={row.id === openId} onOpen={() => onOpen(row)} />
      ))}
    </ul>
  );
}

interface CardProps {
  row: ModelRow;
  selection: Selection;
  isOpen: boolean;
  onOpen: () => void;
}

function Card({ row, selection, isOpen, onOpen }: CardProps) {
  const t = useTranslations('models');
  const { model, standing, figures } = row;
  return (
    <li
      className={clsx(
        'relative flex min-w-0 flex-col gap-2 rounded-panel border px-4 pt-3 pb-2.5',
        isOpen ? 'border-accent bg-accent-soft' : 'border-line bg-surface hover:border-line-strong',
      )}
    >
      <div className="flex items-baseline gap-2">
        <StandingMark standing={standing} isChip />
        <span className="truncate text-ink-3 text-label">{model.provider_name}</span>
        <span className="relative z-1 -my-2.5 ml-auto self-center">
          <Check
            label={t('select.one', { name: row.id })}
            isOn={selection.has(row.id)}
            onChange={(isOn) => selection.setAll([row.id], isOn)}
          />
        </span>
      </div>
      <h2 className="min-w-0 font-normal text-body">
        <button type="button" onClick={onOpen} className="max-w-full truncate text-left after:absolute after:inset-0">
          <Name name={model.name} most={36} />
        </button>
        {model.display_name ? <span className="block truncate text-ink-3 text-label">{model.display_name}</span> : null}
      </h2>
      <Tags tags={model.tags} width={290} />
      <div className="flex items-baseline justify-between gap-2 text-label">
        <span className="min-w-0 truncate">
          <span className="text-ink-3">{t('column.can')} </span>
          <Capabilities model={model} />
        </span>
        <span className="tabular text-ink-2" title={wholeCount(model.config.context_window)}>
          {contextText(model)}
        </span>
      </div>
      <dl className="tabular mt-auto grid grid-cols-4 gap-2 border-line border-t pt-2 text-label">
        <Fact label={t('column.calls')} value={count(callsOf(row))} />
        <Fact label={t('column.success')} value={share(figures?.success_rate)} />
        <Fact label={t('column.ttft')} value={span(figures?.ttft_ms?.p50)} />
        <Fact label={t('column.cost')} value={money(figures?.total_cost)} />
      </dl>
      <p className="tabular flex justify-between gap-2 text-ink-3 text-label">
        <span>{t('column.price')}</span>
        <span className="text-ink-2">
          <Price row={row} />
        </span>
      </p>
    </li>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-ink-3 text-mark">{label}</dt>
      <dd className="truncate">{value}</dd>
    </div>
  );
}
