import { diffWordsWithSpace } from 'diff';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Frame } from '@/components/panel';

interface TextDifferenceProps {
  before: { name: string; text: string };
  after: { name: string; text: string };
}

/** Two answers word by word: what only the first has is struck out, what only the second has is underlined. */
export default function TextDifference({ before, after }: TextDifferenceProps) {
  const t = useTranslations('playground.compare');
  const parts = useMemo(() => diffWordsWithSpace(before.text, after.text), [before.text, after.text]);
  const isSame = parts.every(({ added, removed }) => !added && !removed);
  return (
    <Frame
      title={t('difference')}
      sub={
        <>
          <span>
            <del className="bg-bad-bg px-1 text-bad">{t('only', { name: before.name })}</del>
          </span>
          <span>
            <ins className="bg-ok-bg px-1 text-ok">{t('only', { name: after.name })}</ins>
          </span>
        </>
      }
    >
      <p className="whitespace-pre-wrap break-words px-4 pb-3 text-ink-2 leading-6">
        {isSame
          ? t('same')
          : parts.map(({ value, added, removed }, index) =>
              added ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name, and do not move.
                <ins key={index} className="bg-ok-bg text-ok">
                  {value}
                </ins>
              ) : removed ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <del key={index} className="bg-bad-bg text-bad">
                  {value}
                </del>
              ) : (
                value
              ),
            )}
      </p>
    </Frame>
  );
}
