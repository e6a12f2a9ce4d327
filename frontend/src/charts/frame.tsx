import clsx from 'clsx';
import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { type ReactNode, useId, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { AsTable } from './as-table';
import { CrosshairLine } from './crosshair';
import type { ChartModel, Prepare } from './prepare/model';
import { Tip } from './tip';
import { type Gestures, useGestures } from './use-gestures';
import { useSize } from './use-size';

export interface ChartProps<Model extends ChartModel> extends Gestures {
  name: string;
  /** Kept by `useMemo`: it is run again for each size. */
  prepare: Prepare<Model>;
  /** The least height: 232 main, 150 half; the chart fills what its container gives it. */
  height: 232 | 150 | 96 | 36;
  /** Marks and the like, drawn over the axis. */
  over?: (model: Model) => ReactNode;
}

interface FrameProps<Model extends ChartModel> extends ChartProps<Model> {
  draw: (model: Model) => ReactNode;
}

const heights = { 232: 'min-h-40 sm:min-h-[232px]', 150: 'min-h-[150px]', 96: 'min-h-24', 36: 'min-h-9' };

/** What all charts share: size, axes, crosshair, tooltip, keys, the sentence for readers and the table. */
export function ChartFrame<Model extends ChartModel>(props: FrameProps<Model>) {
  const { name, prepare, height, draw, over, ...gestures } = props;
  const t = useTranslations('charts');
  const captionId = useId();
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const [isTable, setIsTable] = useState(false);
  const model = useMemo(() => (size && size.width > 60 ? prepare(size) : undefined), [prepare, size]);
  const { id, handlers, drag } = useGestures(model, gestures);
  const Icon = isTable ? ChartNoAxesColumn : Table2;
  return (
    <figure
      className={clsx(
        'group/chart relative flex min-w-0 flex-1 flex-col',
        isTable && height === 36 ? 'min-h-48' : heights[height],
      )}
    >
      <figcaption id={captionId} className="sr-only">
        {model?.summary} {t('keys')}
      </figcaption>
      <div ref={box} className="relative min-h-0 flex-1">
        {model && isTable ? <AsTable table={model.table} name={name} /> : null}
        {model && !isTable ? (
          <div
            role="application"
            aria-label={name}
            aria-describedby={captionId}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk the samples.
            tabIndex={0}
            className={clsx(
              'absolute inset-0 touch-pan-y select-none rounded-control',
              gestures.onZoom && 'cursor-crosshair',
            )}
            {...handlers}
          >
            <svg
              aria-hidden="true"
              width={model.size.width}
              height={model.size.height}
              className="absolute inset-0 block"
            >
              <Axes model={model} />
              {draw(model)}
              <CrosshairLine samples={model.samples} plot={model.plot} />
              {drag ? (
                <rect
                  x={drag.from}
                  width={drag.to - drag.from}
                  y={model.plot.top}
                  height={model.plot.bottom - model.plot.top}
                  fill="var(--accent)"
                  fillOpacity={0.14}
                  stroke="var(--accent)"
                />
              ) : null}
            </svg>
            <Tip chart={id} model={model} />
          </div>
        ) : null}
        {model && !isTable ? over?.(model) : null}
      </div>
      <button
        type="button"
        aria-pressed={isTable}
        aria-label={`${t(isTable ? 'asChart' : 'asTable')}: ${name}`}
        title={t(isTable ? 'asChart' : 'asTable')}
        onClick={() => setIsTable(!isTable)}
        className={clsx(
          'absolute right-2 z-10 flex size-7 items-center justify-center rounded-control border border-line bg-surface text-ink-3 hover:text-ink-1 focus-visible:opacity-100 group-focus-within/chart:opacity-100 group-hover/chart:opacity-100',
          isTable ? 'top-1' : '-top-1 opacity-0',
        )}
      >
        <Icon aria-hidden size={16} strokeWidth={1.5} />
      </button>
    </figure>
  );
}

function Axes({ model: { plot, xTicks, xLabelsAt, yTicks, size } }: { model: ChartModel }) {
  return (
    <g className="tabular fill-ink-3 text-mark">
      {yTicks.map(({ at, label }) => (
        <g key={label}>
          <line x1={plot.left} x2={plot.right} y1={at} y2={at} stroke="var(--line)" />
          <text x={plot.left - 8} y={at} dy="0.34em" textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      {xTicks.map(({ at, label }) => (
        <g key={`${at}`}>
          <line x1={at} x2={at} y1={plot.bottom} y2={plot.bottom + 4} stroke="var(--line-strong)" />
          <text x={Math.max(plot.left + 8, Math.min(size.width - 18, at))} y={xLabelsAt} textAnchor="middle">
            {label}
          </text>
        </g>
      ))}
    </g>
  );
}
