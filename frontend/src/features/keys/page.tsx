import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { groupedQuery } from '@/api/queries/figures';
import { allKeysQuery } from '@/api/queries/keys';
import { useLiveEvents } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { Button } from '@/components/ui/button';
import { KeyDrawer } from './drawer';
import { chosen, findKey, type KeyRow, rowsOf } from './rows';
import type { KeysSearch } from './search';
import { type Made, SecretDialog } from './secret';
import { KeyTable } from './table';
import { Toolbar } from './toolbar';

// The form is loaded when it is opened.
const CreateDialog = lazy(async () => ({ default: (await import('./create')).CreateDialog }));

export function KeysPage() {
  const t = useTranslations('keys');
  const { set, zone } = usePage();
  const search: KeysSearch = useSearch({ strict: false });
  const [made, setMade] = useState<Made>();
  const keys = useQuery(allKeysQuery());
  const client = useQueryClient();
  useLiveEvents((event) => {
    if (event.type !== 'event') return;
    void client.invalidateQueries({ queryKey: ['keys'] });
    void client.invalidateQueries({ queryKey: ['events'] });
  });
  const { data: use } = useQuery({
    ...groupedQuery({ group_by: 'key', time_range: '30d', granularity: 'day', limit: 100, time_zone: zone }),
    refetchInterval: 60_000,
  });
  const rows = useMemo(() => (keys.data ? rowsOf(keys.data, use, Date.now()) : []), [keys.data, use]);
  const shown = chosen(rows, search);
  const open = findKey(rows, search.key);
  const at = shown.findIndex(({ key }) => key.id === open?.key.id);
  const go = (row: KeyRow | undefined) => (row ? () => set({ key: String(row.key.id) }) : undefined);
  const revoked = rows.filter(({ key }) => key.revoked_at).length;
  const create = (
    <Button variant="primary" onClick={() => set({ make: '1' })}>
      <Plus aria-hidden size={16} strokeWidth={1.5} />
      {t('create.open')}
    </Button>
  );
  return (
    <>
      <PageHead
        title={t('title')}
        note={keys.data ? t('counts', { active: rows.length - revoked, revoked }) : undefined}
        actions={create}
      />
      {rows.length ? <Toolbar search={search} revoked={revoked} onChange={set} /> : null}
      <Panel
        source={keys}
        height={240}
        empty={() => {
          if (!rows.length) return <Empty title={t('empty.title')} hint={t('empty.hint')} action={create} />;
          if (shown.length) return null;
          return search.q ? (
            <Empty title={t('empty.noneFound', { q: search.q })} />
          ) : (
            <Empty title={t('empty.allRevoked')} action={create} />
          );
        }}
      >
        {() => (
          <KeyTable
            rows={shown}
            openId={open ? String(open.key.id) : undefined}
            onOpen={({ key }) => set({ key: String(key.id) })}
          />
        )}
      </Panel>
      {open ? (
        <KeyDrawer
          key={open.key.id}
          row={open}
          onClose={() => set({ key: undefined })}
          onPrevious={go(at > 0 ? shown[at - 1] : undefined)}
          onNext={go(at >= 0 ? shown[at + 1] : undefined)}
          onMade={setMade}
        />
      ) : null}
      {search.make === '1' ? (
        <Suspense>
          <CreateDialog
            onClose={() => set({ make: undefined })}
            onMade={(next) => {
              set({ make: undefined });
              setMade(next);
            }}
          />
        </Suspense>
      ) : null}
      {made ? <SecretDialog made={made} onStored={() => setMade(undefined)} /> : null}
    </>
  );
}
