import { line } from 'd3-shape';
import { px, type Size } from './model';

export interface SparkModel {
  size: Size;
  path: string;
  /** The last point, where it is known, or the only one. */
  end: { x: number; y: number } | undefined;
}

/** A line without axes; what is not known is a gap. `floor` keeps small wobbles of a share from looking large. */
export function prepareSpark(values: readonly (number | undefined)[], size: Size, floor?: number): SparkModel {
  const known = values.filter((value): value is number => value !== undefined);
  const low = Math.min(floor ?? Number.POSITIVE_INFINITY, ...known);
  const high = Math.max(...known);
  const [top, bottom] = [2, size.height - 2];
  const step = values.length > 1 ? (size.width - 4) / (values.length - 1) : 0;
  const y = (value: number): number =>
    high > low ? bottom - ((value - low) / (high - low)) * (bottom - top) : (top + bottom) / 2;
  const draw = line<number | undefined>()
    .defined((value) => value !== undefined)
    .x((_, index) => px(2 + index * step))
    .y((value) => px(y(value ?? 0)));
  const at = known.length === 1 ? values.findIndex((value) => value !== undefined) : values.length - 1;
  const last = values[at];
  return {
    size,
    path: draw([...values]) ?? '',
    end: last === undefined ? undefined : { x: px(2 + at * step), y: px(y(last)) },
  };
}
