import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { Change as ChangeData } from '@/lib/format';

interface ChangeProps {
  change: ChangeData | undefined;
  /** Which direction is good; without one, a change is plain. */
  good?: 'up' | 'down';
}

const arrows = { up: '↑', down: '↓', same: '' };

export function Change({ change, good }: ChangeProps) {
  const t = useTranslations('app.change');
  if (!change) return null;
  const { direction, size } = change;
  if (direction === 'same') {
    return (
      <span className="tabular text-ink-3">
        <span aria-hidden>±{size}</span>
        <span className="sr-only">{t('same')}</span>
      </span>
    );
  }
  const tone = good === undefined ? 'text-ink-2' : direction === good ? 'text-ok' : 'text-bad';
  return (
    <span className={clsx('tabular whitespace-nowrap', tone)}>
      <span aria-hidden>
        {arrows[direction]} {size}
      </span>
      <span className="sr-only">{t(direction, { size })}</span>
    </span>
  );
}
