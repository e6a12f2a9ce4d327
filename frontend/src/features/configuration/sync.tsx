import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { configPreviewQuery, configStatusQuery, syncConfig } from '@/api/queries/config';
import { Failed } from '@/components/failed';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Changes } from './changes';
import { ProblemList } from './file';

/** The difference that the file would make, and only then the sync. */
export function SyncDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('configuration.sync');
  const ta = useTranslations('app.action');
  const notify = useToast();
  const client = useQueryClient();
  const { data: status } = useQuery(configStatusQuery());
  const preview = useQuery(configPreviewQuery());
  const sync = useMutation({
    mutationFn: syncConfig,
    onSuccess: (answer) => {
      void client.invalidateQueries();
      if (answer.errors.length) return void preview.refetch();
      const { added, changed, removed } = answer;
      notify(t('done', { added: added.length, changed: changed.length, removed: removed.length }));
      onClose();
    },
  });
  const { data, error } = preview;
  const problems = data ? [...data.errors, ...data.warnings] : [];
  const isRefused = (data?.errors.length ?? 0) > 0;
  return (
    <Dialog open onClose={onClose} title={t('title')}>
      <div className="flex min-h-32 flex-1 flex-col gap-4 overflow-y-auto p-4">
        <p className="text-ink-2">{t('text', { path: status?.path ?? 'router.toml' })}</p>
        {error ? <Failed error={error} onRetry={() => void preview.refetch()} /> : null}
        {!data && !error ? <p className="text-ink-3">{t('reading')}</p> : null}
        {isRefused ? <p className="text-bad">{t('refused')}</p> : null}
        {problems.length ? <ProblemList path={status?.path ?? 'router.toml'} problems={problems} /> : null}
        {data && !isRefused ? <Changes diff={data} /> : null}
        {data?.removed.length ? <p className="text-ink-3">{t('removedHint')}</p> : null}
        <ProblemLine error={sync.error} />
      </div>
      <footer className="flex justify-end gap-2 border-line border-t px-4 py-3">
        <Button onClick={onClose}>{ta('cancel')}</Button>
        <Button
          variant="primary"
          disabled={(!data && !error) || isRefused || sync.isPending}
          onClick={() => sync.mutate()}
        >
          {t('submit')}
        </Button>
      </footer>
    </Dialog>
  );
}
