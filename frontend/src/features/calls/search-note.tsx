import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { Button } from '@/components/ui/button';
import type { CallsList } from './use-calls';

/** How far a search came: what was not looked at is not said to hold nothing. */
export function SearchNote({ list }: { list: CallsList }) {
  const t = useTranslations('calls.search');
  const { moment, iso } = useMoments();
  const { searchedTo, rows, hasMore, isLoadingMore, more } = list;
  if (!searchedTo) return null;
  return (
    <p
      role="status"
      className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-1.5 border-line border-t px-4 py-1 text-ink-2"
    >
      <span title={iso(searchedTo)}>{t('back', { time: moment(searchedTo) })}</span>
      <span className="tabular">· {t('found', { count: rows?.length ?? 0 })}</span>
      {hasMore ? (
        <>
          <span aria-hidden>·</span>
          <Button variant="link" size="inline" disabled={isLoadingMore} onClick={more}>
            {t(isLoadingMore ? 'searching' : 'further')}
          </Button>
        </>
      ) : null}
    </p>
  );
}
