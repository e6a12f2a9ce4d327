import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { FilterQuery } from '@/api/filters';
import { statisticsQuery } from '@/api/queries/figures';
import { sessionCallsQuery } from '@/api/queries/session-calls';
import { usePage } from '@/app/page-state';
import { Name } from '@/components/name';
import { useCopy } from '@/components/toast';
import { Button, IconButton } from '@/components/ui/button';
import { Segmented } from '@/components/ui/segmented';
import { boundsOf } from '@/lib/range';
import type { CallsSearch } from '../search';
import { isWithin, rangeOf, spanOf } from './range-of';
import { SessionFacts } from './session-facts';

interface SessionBarProps {
  id: string;
  search: CallsSearch;
  filters: FilterQuery;
}

/** Above the calls of a session: what those of the list come to, their order, and the way to the others of the session. */
export default function SessionBar({ id, search, filters }: SessionBarProps) {
  const t = useTranslations('calls.session');
  const copy = useCopy();
  const { range, query, set, setRange } = usePage();
  const listed = useQuery(statisticsQuery({ ...query, ...filters }));
  const { data: whole } = useQuery(sessionCallsQuery(id));
  const { from, to } = boundsOf(range, Date.now());
  const isPart = whole && !isWithin(whole, from, to);
  return (
    <section
      aria-label={t('label')}
      className="flex min-w-0 shrink-0 flex-wrap items-center gap-x-6 gap-y-2 rounded-panel border border-line bg-surface px-4 py-2"
    >
      <div className="flex min-w-0 items-center gap-x-2">
        <h2 className="font-normal text-ink-3 text-label">{t('label')}</h2>
        <span className="min-w-0 truncate max-sm:hidden">
          <Name name={id} most={24} />
        </span>
        <IconButton label={t('copy')} onClick={() => void copy(id)}>
          <Copy aria-hidden size={14} strokeWidth={1.5} />
        </IconButton>
      </div>
      <div className="min-w-0 flex-1 basis-120 max-sm:order-last max-sm:basis-full">
        {listed.data ? (
          <SessionFacts sums={listed.data.overall} spanMs={whole && !isPart ? spanOf(whole) : undefined} />
        ) : null}
      </div>
      <div className="flex flex-wrap items-center gap-2 max-sm:ml-auto">
        {isPart ? (
          <Button onClick={() => setRange(rangeOf(whole, Date.now()))}>
            {t('whole', { count: whole.sums.total_calls })}
          </Button>
        ) : null}
        {search.order ? null : (
          <Segmented
            label={t('order')}
            value={search.asc === '1' ? 'oldest' : 'newest'}
            options={[
              { value: 'oldest', label: t('oldest') },
              { value: 'newest', label: t('newest') },
            ]}
            onChange={(order) => set({ asc: order === 'oldest' ? '1' : undefined })}
          />
        )}
      </div>
    </section>
  );
}
