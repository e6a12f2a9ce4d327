import { useInfiniteQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useEffect, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { journalQuery } from '@/api/queries/events';
import { useMoments } from '@/app/formats';
import { usePage } from '@/app/page-state';
import { DataTable } from '@/components/data-table/data-table';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import { Input } from '@/components/ui/field';
import { Segmented } from '@/components/ui/segmented';
import { EventDrawer } from './event-drawer';
import { EventKind } from './event-kind';
import { type EventItem, kindsOf } from './journal';
import { type ConfigurationSearch, journals } from './search';

export function JournalPanel({ search }: { search: ConfigurationSearch }) {
  const t = useTranslations('configuration.journal');
  const { set } = usePage();
  const journal = search.journal ?? 'all';
  const source = useInfiniteQuery(journalQuery(kindsOf[journal], search.subject));
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = source;
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const at = rows.findIndex(({ id }) => String(id) === search.event);
  const open = rows[at];
  const go = (row: EventItem | undefined) => (row ? () => set({ event: String(row.id) }) : undefined);
  return (
    <>
      <Panel
        title={t('title')}
        sub={t('sub')}
        source={source}
        height={240}
        actions={
          <div className="flex flex-wrap items-center gap-2">
            <SubjectInput value={search.subject} onChange={(subject) => set({ subject })} />
            <Segmented
              size="sm"
              label={t('which')}
              value={journal}
              options={journals.map((value) => ({ value, label: t(`of.${value}`) }))}
              onChange={(value) => set({ journal: value === 'all' ? undefined : value, event: undefined })}
            />
          </div>
        }
        empty={() =>
          rows.length ? null : (
            <Empty title={search.subject ? t('noneOf', { subject: search.subject }) : t('none')} hint={t('noneHint')} />
          )
        }
      >
        {() => (
          <JournalTable
            rows={rows}
            openId={search.event}
            onOpen={({ id }) => set({ event: String(id) })}
            onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
            isLoadingMore={isFetchingNextPage}
          />
        )}
      </Panel>
      {open ? (
        <EventDrawer
          event={open}
          onClose={() => set({ event: undefined })}
          onPrevious={go(rows[at - 1])}
          onNext={go(rows[at + 1])}
        />
      ) : null}
    </>
  );
}

/** A subject is a whole name, so it is asked for once it is typed. */
function SubjectInput({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const t = useTranslations('configuration.journal');
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => setTyped(value ?? ''), [value]);
  const take = (): void => {
    if ((value ?? '') !== typed.trim()) onChange(typed.trim() || undefined);
  };
  return (
    <Input
      data-filter
      type="search"
      className="h-6! w-52! text-label"
      aria-label={t('subject')}
      placeholder={t('subject')}
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        if (event.target.value === '') onChange(undefined);
      }}
      onBlur={take}
      onKeyDown={(event) => event.key === 'Enter' && take()}
    />
  );
}

interface JournalTableProps {
  rows: readonly EventItem[];
  openId: string | undefined;
  onOpen: (row: EventItem) => void;
  onEnd: () => void;
  isLoadingMore: boolean;
}

function JournalTable({ rows, openId, ...rest }: JournalTableProps) {
  const t = useTranslations('configuration.journal');
  const { moment, iso } = useMoments();
  const columns = useMemo<ColumnDef<EventItem>[]>(
    () => [
      {
        id: 'at',
        header: t('at'),
        size: 118,
        cell: ({ row: { original } }) => (
          <span className="text-ink-2" title={iso(original.at)}>
            {moment(original.at)}
          </span>
        ),
      },
      {
        id: 'kind',
        header: t('what'),
        size: 190,
        cell: ({ row: { original } }) => <EventKind kind={original.kind} />,
      },
      {
        id: 'subject',
        header: t('subject'),
        size: 220,
        cell: ({ row: { original } }) => <Name name={original.subject} most={30} />,
      },
      {
        id: 'summary',
        header: t('summary'),
        size: 220,
        meta: { isFlexible: true },
        cell: ({ row: { original } }) => (
          <span className="text-ink-2" title={original.summary}>
            {original.summary}
          </span>
        ),
      },
      {
        id: 'actor',
        header: t('actor'),
        size: 110,
        cell: ({ row: { original } }) => <Actor name={original.actor} />,
      },
    ],
    [t, moment, iso],
  );
  return (
    <DataTable
      name={t('title')}
      rows={rows}
      columns={columns}
      rowId={({ id }) => String(id)}
      openId={openId}
      visibility={openId ? besideDrawer : whole}
      maxHeight="min(420px, 60dvh)"
      small={(event) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex min-w-0 items-baseline justify-between gap-3">
            <EventKind kind={event.kind} />
            <span className="shrink-0 text-ink-3 text-label">{moment(event.at)}</span>
          </span>
          <span className="flex min-w-0 items-baseline justify-between gap-3">
            <span className="truncate">
              <Name name={event.subject} most={28} />
            </span>
            <span className="shrink-0 text-label">
              <Actor name={event.actor} />
            </span>
          </span>
        </span>
      )}
      {...rest}
    />
  );
}

const whole = {};
const besideDrawer = { summary: false, actor: false };

/** `router` and `file` are no persons. */
export function Actor({ name }: { name: string }) {
  const t = useTranslations('configuration.journal');
  if (name === 'router' || name === 'file' || name === 'local')
    return <span className="text-ink-2">{t(`by.${name}`)}</span>;
  return <span>{name}</span>;
}
