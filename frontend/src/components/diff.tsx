import clsx from 'clsx';
import { diffLines } from 'diff';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';

/** Two texts line by line; a sign, a word for readers and a tint. */
export function Diff({ before, after }: { before: string; after: string }) {
  const t = useTranslations('app.diff');
  const parts = useMemo(() => diffLines(before, after), [before, after]);
  if (parts.every(({ added, removed }) => !added && !removed)) return <p className="text-ink-3">{t('same')}</p>;
  return (
    <pre data-scrolls className="overflow-x-auto rounded-control border border-line leading-5">
      {parts.flatMap(({ value, added, removed }, part) =>
        value
          .replace(/\n$/, '')
          .split('\n')
          .map((line, index) => (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and do not move.
              key={`${part}.${index}`}
              className={clsx(
                'px-3',
                added && 'bg-ok-bg text-ok',
                removed && 'bg-bad-bg text-bad',
                !added && !removed && 'text-ink-2',
              )}
            >
              <span aria-hidden>{added ? '+ ' : removed ? '− ' : '  '}</span>
              {added || removed ? <span className="sr-only">{t(added ? 'after' : 'before')}: </span> : null}
              {line}
            </div>
          )),
      )}
    </pre>
  );
}
