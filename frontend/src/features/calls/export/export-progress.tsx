import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl';
import { IconButton } from '@/components/ui/button';
import { wholeCount } from '@/lib/format';
import { exportStore } from './exports';

/** How many rows have come; it stays until it is dismissed. */
export default function ExportProgress() {
  const t = useTranslations('calls.export');
  const state = useSyncExternalStore(exportStore.subscribe, exportStore.read);
  if (!state) return null;
  const { format, rows, total, phase, error } = state;
  const values = { format: t(format), rows: wholeCount(rows), total: wholeCount(total) };
  return (
    <div className="flex min-h-9 items-center gap-3 rounded-control border border-line bg-surface pr-1 pl-3">
      <p role="status" className={`tabular min-w-0 truncate ${phase === 'failed' ? 'text-bad' : ''}`}>
        {phase === 'failed'
          ? t('failed', { ...values, reason: error ?? '' })
          : t(phase === 'done' ? 'done' : total === undefined ? 'begun' : 'running', values)}
      </p>
      {phase === 'running' ? (
        <progress
          aria-label={t('label')}
          value={total ? rows / total : undefined}
          className="h-1.5 w-40 accent-[var(--accent)] max-sm:hidden"
        />
      ) : null}
      <IconButton
        label={t(phase === 'running' ? 'cancel' : 'dismiss')}
        className="ml-auto"
        onClick={() => exportStore.dismiss()}
      >
        <X aria-hidden size={16} strokeWidth={1.5} />
      </IconButton>
    </div>
  );
}
