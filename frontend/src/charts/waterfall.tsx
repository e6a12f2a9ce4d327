import { useMemo, useRef } from 'react';
import { prepareWaterfall, type WaterfallStep } from './prepare/waterfall';
import { useSize } from './use-size';

/** A row a phase or attempt; the list is real text, so it needs no other form for readers. */
export function Waterfall({ name, steps }: { name: string; steps: readonly WaterfallStep[] }) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const model = useMemo(() => (size?.width ? prepareWaterfall(steps, size.width) : undefined), [steps, size?.width]);
  return (
    <div ref={box} className="min-w-0">
      <ol aria-label={name} className="relative text-mark" style={{ height: model?.size.height }}>
        {model?.rows.map((row) => (
          <li key={row.key} className="absolute inset-x-0" style={{ top: row.y, height: model.rowHeight }}>
            <span
              className="absolute truncate text-ink-2"
              style={{ left: 0, width: model.labelWidth - 8 }}
              title={row.label}
            >
              {row.label}
            </span>
            <span
              aria-hidden
              className="absolute top-1 h-2.5 rounded-[2px]"
              style={{ left: row.x, width: row.width, background: row.color }}
            />
            <span className="tabular absolute whitespace-nowrap text-ink-3" style={{ left: row.valueX }}>
              {row.value}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
