import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { configStatusQuery } from '@/api/queries/config';
import { useLiveEvents } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { Button } from '@/components/ui/button';
import { DatabasePanel } from './database';
import { FilePanel, FileState } from './file';
import { JournalPanel } from './journal-panel';
import { RunningPanel } from './running-panel';
import type { ConfigurationSearch } from './search';
import { SyncDialog } from './sync';

export function ConfigurationPage() {
  const t = useTranslations('configuration');
  const { set } = usePage();
  const search: ConfigurationSearch = useSearch({ strict: false });
  const status = useQuery(configStatusQuery());
  const client = useQueryClient();
  useLiveEvents(({ type }) => {
    if (type !== 'event') return;
    // A reload, a change by hand or a circuit: all that this page shows may be another.
    for (const key of ['events', 'config', 'providers', 'models', 'keys']) {
      void client.invalidateQueries({ queryKey: [key] });
    }
  });
  return (
    <>
      <PageHead
        title={t('title')}
        note={status.data ? <FileState status={status.data} /> : undefined}
        actions={
          <Button variant="primary" onClick={() => set({ sync: '1' })}>
            <RefreshCw aria-hidden size={16} strokeWidth={1.5} />
            {t('sync.open')}
          </Button>
        }
      />
      <div className="grid min-w-0 gap-3 lg:grid-cols-[3fr_2fr]">
        <FilePanel source={status} />
        <DatabasePanel />
      </div>
      <JournalPanel search={search} />
      <RunningPanel search={search} />
      {search.sync === '1' ? <SyncDialog onClose={() => set({ sync: undefined })} /> : null}
    </>
  );
}
