import clsx from 'clsx';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { Name } from '@/components/name';
import { Button } from '@/components/ui/button';

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
          <Names names={diff[group]} look={looks[group]} />
        </div>
      ))}
      <p className="text-ink-3" title={diff.kept.join('\n')}>
        {t('kept', { count: diff.kept.length })}
      </p>
    </div>
  );
}

const most = 12;

function Names({ names, look: { sign, tone } }: { names: readonly string[]; look: { sign: string; tone: string } }) {
  const t = useTranslations('configuration.changes');
  const [isWhole, setIsWhole] = useState(false);
  // One more line would be as long as the words that stand for it.
  const shown = isWhole || names.length <= most + 1 ? names : names.slice(0, most);
  return (
    <>
      <ul className="grid gap-x-4 sm:grid-cols-2">
        {shown.map((name) => (
          <li key={name} className="flex min-w-0 items-baseline gap-1.5">
            <span aria-hidden className={clsx('w-3 font-mono', tone)}>
              {sign}
            </span>
            <span className="truncate">
              <Name name={name} most={40} />
            </span>
          </li>
        ))}
      </ul>
      {shown.length < names.length ? (
        <Button size="inline" variant="link" onClick={() => setIsWhole(true)}>
          {t('more', { count: names.length - shown.length })}
        </Button>
      ) : null}
    </>
  );
}
