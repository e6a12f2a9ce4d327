import { useMemo, useRef } from 'react';
import { prepareSpark } from './prepare/spark';
import { useSize } from './use-size';

interface SparkProps {
  values: readonly (number | undefined)[];
  /** The colour of a state where the line tells one; plain ink otherwise. */
  color?: string;
  floor?: number;
}

/** 24 px of shape; the numbers stand beside it, so readers skip it. */
export function Spark({ values, color = 'var(--ink-2)', floor }: SparkProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const model = useMemo(() => (size?.width ? prepareSpark(values, size, floor) : undefined), [values, size, floor]);
  return (
    <div ref={box} aria-hidden="true" className="h-6 w-full">
      {model ? (
        <svg aria-hidden="true" width={model.size.width} height={model.size.height} className="block">
          <path
            d={model.path}
            fill="none"
            stroke={color}
            strokeWidth={1.25}
            strokeLinejoin="round"
            strokeLinecap="round"
          />
          {model.end ? <circle cx={model.end.x} cy={model.end.y} r={1.75} fill={color} /> : null}
        </svg>
      ) : null}
    </div>
  );
}
