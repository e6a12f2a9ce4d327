import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import type { DraftState } from './use-draft';

interface DraftFootProps {
  state: DraftState;
  /** Changes outside the form, such as a key. */
  more?: number;
  onReview: () => void;
  onDiscard: () => void;
}

/** Stays in sight while something is changed and not saved. */
export function DraftFoot({ state, more = 0, onReview, onDiscard }: DraftFootProps) {
  const t = useTranslations('entries.form');
  const count = state.changed.length + more;
  const errors = Object.keys(state.errors).length;
  if (!count) return null;
  return (
    <div className="sticky bottom-0 z-10 flex flex-wrap items-center gap-2 border-line-strong border-t bg-surface px-4 py-2.5">
      <span role="status" className={errors ? 'text-bad' : 'text-ink-2'}>
        {errors ? t('invalid', { count: errors }) : t('changes', { count })}
      </span>
      <span className="ml-auto flex gap-2">
        <Button onClick={onDiscard}>{t('discard')}</Button>
        <Button variant="primary" disabled={errors > 0} onClick={onReview}>
          {t('review')}
        </Button>
      </span>
    </div>
  );
}
