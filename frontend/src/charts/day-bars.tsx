import { useMemo, useRef } from 'react';
import { prepareDayBars } from './prepare/day-bars';
import { useSize } from './use-size';

interface DayBarsProps {
  values: readonly { amount: number; isPartial: boolean }[];
}

/** The shape of a range by its days; the numbers stand beside it and in the chart that it opens, so readers skip it. */
export function DayBars({ values }: DayBarsProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const model = useMemo(() => (size?.width ? prepareDayBars(values, size) : undefined), [values, size]);
  return (
    <div ref={box} aria-hidden="true" className="h-10 w-full border-line-strong border-b">
      {model ? (
        <svg aria-hidden="true" width={model.size.width} height={model.size.height} className="block">
          <path d={model.path} fill="var(--ink-3)" />
          <path d={model.pale} fill="var(--ink-3)" fillOpacity={0.45} />
        </svg>
      ) : null}
    </div>
  );
}
