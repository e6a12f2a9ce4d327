import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import { useLive } from '@/app/live';
import { usePage } from '@/app/page-state';
import { Button } from '../ui/button';

export function CompareToggle() {
  const t = useTranslations('app.range');
  const { isCompared, set } = usePage();
  return (
    <Button
      aria-pressed={isCompared}
      title={t('compareHint')}
      className={clsx('max-sm:hidden', !isCompared && 'text-ink-3!')}
      onClick={() => set({ compare: isCompared ? 'off' : undefined })}
    >
      {t('compare')}
    </Button>
  );
}

export function LiveToggle() {
  const t = useTranslations('app.live');
  const { isLive, range, set } = usePage();
  const { phase } = useLive();
  // A range with a fixed end cannot gain new data.
  const isPossible = range.kind === 'relative';
  const isOn = isLive && isPossible;
  return (
    <Button
      aria-pressed={isOn}
      disabled={!isPossible}
      title={t('toggleHint')}
      className={clsx(!isOn && 'text-ink-3!')}
      onClick={() => set({ live: isLive ? 'off' : undefined })}
    >
      <span
        aria-hidden
        className={clsx('size-2 rounded-full', isOn && phase === 'live' ? 'bg-accent' : 'border border-control')}
      />
      <span className="max-sm:sr-only">{t('toggle')}</span>
    </Button>
  );
}
