import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { type Parts, unknown } from '@/lib/format';

interface MetricProps {
  label: string;
  value: Parts;
  /** After the value, small: `p50`. */
  suffix?: string;
  /** The whole number, or why it is not known. */
  title?: string;
  /** Against before, at the right end of the figure. */
  change?: ReactNode;
  /** The second line: percentiles, parts. */
  note?: ReactNode;
  spark?: ReactNode;
}

export function Metric({ label, value, suffix, title, change, note, spark }: MetricProps) {
  const t = useTranslations('app.state');
  const isUnknown = value.value === unknown;
  const explained = title ?? (isUnknown ? t('unknown') : undefined);
  return (
    <div className="flex min-w-0 flex-col px-4 pt-2.5 pb-2">
      <dt className="truncate text-ink-3 text-label">{label}</dt>
      <dd className="flex min-w-0 flex-col">
        <span className="flex min-w-0 items-baseline justify-between gap-2">
          <span
            title={explained}
            className="tabular shrink-0 whitespace-nowrap font-medium text-figure max-sm:text-title max-sm:leading-[30px]"
          >
            {value.value}
            {value.unit ? <Unit unit={value.unit} /> : null}
            {suffix && !isUnknown ? <span className="ml-1.5 font-normal text-ink-3 text-label">{suffix}</span> : null}
          </span>
          <span className="min-w-0 truncate text-label">{change}</span>
        </span>
        <span className="min-h-4 truncate text-ink-3 text-label">{note}</span>
        {spark}
      </dd>
    </div>
  );
}

// "k" and "M" belong to the number, units of measure stand apart.
function Unit({ unit }: { unit: string }) {
  const isScale = unit.length === 1 && 'kMG'.includes(unit);
  return (
    <span className="font-normal text-body text-ink-2">
      {isScale ? '' : ' '}
      {unit}
    </span>
  );
}
