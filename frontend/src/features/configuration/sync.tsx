import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { configPreviewQuery, configStatusQuery, syncConfig } from '@/api/queries/config';
import { Failed } from '@/components/failed';
import { Planned } from '@/components/planned';
import { ProblemLine } from '@/components/problem-line';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { ProblemList } from './file';

/** What the file would change, entry by entry, and only then the sync. */
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
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        aria-label={t('title')}
        className="-outline-offset-2 flex min-h-32 flex-1 flex-col gap-4 overflow-y-auto p-4"
      >
        <p className="text-ink-2">{t('text', { path: status?.path ?? 'router.toml' })}</p>
        {error ? <Failed error={error} onRetry={() => void preview.refetch()} /> : null}
        {!data && !error ? <p className="text-ink-3">{t('reading')}</p> : null}
        {isRefused ? <p className="text-bad">{t('refused')}</p> : null}
        {problems.length ? <ProblemList path={status?.path ?? 'router.toml'} problems={problems} /> : null}
        {data && 'changes' in data ? <Difference value={data} /> : null}
        {data?.removed.length ? <p className="text-ink-3">{t('removedHint')}</p> : null}
        <ProblemLine error={sync.error} />
      </section>
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

function Difference({ value }: { value: Schemas['ConfigPreview'] }) {
  const t = useTranslations('configuration');
  const { added, changed, removed, kept, changes, notices, restart_needed: restart } = value;
  const gone = new Set(removed);
  return (
    <>
      <p>
        {(['added', 'changed', 'removed', 'kept'] as const)
          .map((group) => t(`changes.${group}`, { count: { added, changed, removed, kept }[group].length }))
          .join(' · ')}
      </p>
      <Planned
        changes={changes}
        notices={notices}
        hasNames
        sign={({ kind, subject }) =>
          gone.has(kind.startsWith('key.') ? `api_keys/${subject}` : subject) ? 'removed' : undefined
        }
      />
      {restart.length ? <p className="text-warn">{t('file.restart', { names: restart.join(', ') })}</p> : null}
    </>
  );
}
