import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { Name } from '@/components/name';

const looks = {
  added: { sign: '+', tone: 'text-ok' },
  changed: { sign: '~', tone: 'text-info' },
  removed: { sign: '−', tone: 'text-bad' },
} as const;

/** The effect of a reload: what is new, different, gone; what stays is a number. */
export function Changes({ diff }: { diff: Schemas['ConfigDiff'] }) {
  const t = useTranslations('configuration.changes');
  const groups = (['added', 'changed', 'removed'] as const).filter((group) => diff[group].length);
  return (
    <div className="flex flex-col gap-2">
      {groups.length ? null : <p>{t('nothing')}</p>}
      {groups.map((group) => (
        <div key={group}>
          <p className={clsx('mb-0.5', looks[group].tone)}>{t(group, { count: diff[group].length })}</p>
          <ul className="grid gap-x-4 sm:grid-cols-2">
            {diff[group].map((name) => (
              <li key={name} className="flex min-w-0 items-baseline gap-1.5">
                <span aria-hidden className={clsx('w-3 font-mono', looks[group].tone)}>
                  {looks[group].sign}
                </span>
                <span className="truncate">
                  <Name name={name} most={40} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p className="text-ink-3" title={diff.kept.join('\n')}>
        {t('kept', { count: diff.kept.length })}
      </p>
    </div>
  );
}
