import { ChartFrame, type ChartProps } from './frame';
import type { BarsModel } from './prepare/stack';

export function Bars(props: ChartProps<BarsModel>) {
  return (
    <ChartFrame
      {...props}
      draw={({ bars, pale }) => (
        <>
          {bars.map(({ key, color, path }) => (
            <path key={key} d={path} fill={color} />
          ))}
          {pale.map(({ key, color, path }) => (
            <path key={key} d={path} fill={color} fillOpacity={0.45} />
          ))}
        </>
      )}
    />
  );
}
