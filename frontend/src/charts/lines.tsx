import { ChartFrame, type ChartProps } from './frame';
import type { LinesModel } from './prepare/lines';

export function Lines(props: ChartProps<LinesModel>) {
  return (
    <ChartFrame
      {...props}
      draw={({ lines, band }) => (
        <>
          {band ? <path d={band} fill="var(--accent)" fillOpacity={0.12} /> : null}
          {lines.map(({ key, color, path, isDotted }) => (
            <path
              key={key}
              d={path}
              fill="none"
              stroke={color}
              strokeWidth={1.5}
              strokeLinejoin="round"
              strokeLinecap="round"
              strokeDasharray={isDotted ? '2 3' : undefined}
              strokeOpacity={isDotted ? 0.7 : 1}
            />
          ))}
        </>
      )}
    />
  );
}
