import { ChartFrame, type ChartProps } from './frame';
import type { HeatModel } from './prepare/heat';

interface HeatProps extends ChartProps<HeatModel> {
  lineName: string;
}

export function Heat({ lineName, ...props }: HeatProps) {
  return (
    <ChartFrame
      {...props}
      draw={({ cells, line, lineEnd }) => (
        <>
          {cells.map(({ key, color, path }) => (
            <path key={key} d={path} fill={color} />
          ))}
          <path
            d={line}
            fill="none"
            stroke="var(--surface)"
            strokeWidth={3.5}
            strokeLinejoin="round"
            strokeOpacity={0.7}
          />
          <path
            d={line}
            fill="none"
            stroke="var(--ink-1)"
            strokeWidth={1.5}
            strokeLinejoin="round"
            strokeLinecap="round"
          />
          {lineEnd ? (
            <text
              x={lineEnd.x}
              y={lineEnd.y}
              textAnchor="end"
              className="fill-ink-1 text-mark"
              stroke="var(--surface)"
              strokeWidth={3}
              paintOrder="stroke"
            >
              {lineName}
            </text>
          ) : null}
        </>
      )}
    />
  );
}
