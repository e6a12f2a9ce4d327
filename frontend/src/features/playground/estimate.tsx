import { useTranslations } from 'use-intl';
import { money, wholeCount } from '@/lib/format';
import { targetLabel } from './draft';
import type { Side } from './use-side';

/** Beside Send: about how many tokens the prompt holds, and what they cost with the first candidate. */
export function Estimate({ sides }: { sides: readonly Side[] }) {
  const t = useTranslations('playground.form');
  return (
    <>
      {sides.map(({ target, explanation: { data }, prices }, side) => {
        if (!data) return null;
        const { input } = prices.get(data.candidates?.[0]?.model ?? '') ?? {};
        const price = input === undefined ? undefined : money(input * data.prompt_tokens);
        const tokens = wholeCount(data.prompt_tokens);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the sides are the first and the second.
          <span key={side} title={targetLabel(target)} className="block">
            {sides.length > 1 ? `${side + 1}  ` : ''}
            {price ? t('estimate', { tokens, price }) : t('estimateUnpriced', { tokens })}
          </span>
        );
      })}
    </>
  );
}
