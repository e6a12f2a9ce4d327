import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { BudgetUse } from '@/lib/budget';
import { count, money, share, span } from '@/lib/format';

export function useBudgetTexts() {
  const t = useTranslations('keys.budget');
  return (use: BudgetUse) => {
    const bare = use.unit === 'usd' ? money : count;
    const limit = bare(use.limit).replace(/\.00?(?=$|[kMG])/, '');
    const outlook =
      use.runsOutMs === 0
        ? t('gone')
        : use.runsOutMs !== undefined
          ? t('runsOut', { span: span(use.runsOutMs) })
          : use.expected !== undefined
            ? t('lasts', { share: share(use.expected) })
            : undefined;
    return {
      used: bare(use.used),
      limit: `${use.unit === 'usd' ? limit : t('tokens', { tokens: limit })}${use.per === 'total' ? '' : ` ${t(use.per)}`}`,
      shortLimit: `${limit}${use.per === 'total' ? '' : ` ${t(use.per)}`}`,
      bareLimit: limit,
      outlook,
    };
  };
}

/** What is used, and pale what is to be expected by the period's end. */
export function BudgetBar({ use }: { use: BudgetUse }) {
  const isOut = use.runsOutMs === 0;
  const isShort = use.runsOutMs !== undefined;
  const percent = (part: number): string => `${Math.min(100, Math.max(0, part * 100))}%`;
  return (
    <span aria-hidden className="relative block h-1.5 overflow-hidden rounded-[3px] bg-sunken">
      {use.expected === undefined ? null : (
        <span
          className={clsx('absolute inset-y-0 left-0 opacity-30', isShort ? 'bg-warn' : 'bg-ink-3')}
          style={{ width: percent(use.expected) }}
        />
      )}
      <span
        className={clsx('absolute inset-y-0 left-0', isOut ? 'bg-bad' : isShort ? 'bg-warn' : 'bg-ink-2')}
        style={{ width: percent(use.share) }}
      />
    </span>
  );
}

/** In one row: the bar, and in words how it stands. */
export function BudgetCell({ use }: { use: BudgetUse }) {
  const texts = useBudgetTexts()(use);
  const isShort = use.runsOutMs !== undefined;
  return (
    <span
      className="flex flex-col justify-center gap-0.5"
      title={[`${texts.used} / ${texts.limit}`, texts.outlook].filter(Boolean).join(' · ')}
    >
      <span className="flex items-baseline justify-between gap-2 text-mark leading-4">
        <span className="truncate">
          {texts.used} <span className="text-ink-3">/ {isShort ? texts.bareLimit : texts.shortLimit}</span>
        </span>
        {isShort ? (
          <span className={clsx('shrink-0', use.runsOutMs === 0 ? 'text-bad' : 'text-warn')}>{texts.outlook}</span>
        ) : null}
      </span>
      <BudgetBar use={use} />
    </span>
  );
}
