import type { Schemas } from '@/api/client';
import { count, money, wholeCount } from '@/lib/format';
import type { Lang } from '@/lib/zone';
import { countLabels, moneyLabels, timeTicks, valueTicks, wholeTicks } from './axis';
import { type Bucket, bucketLabel, bucketsOf, placer, trendOf } from './buckets';
import { type ChartModel, type ChartTexts, type Prepare, plotOf, px, type Sample, type Shape } from './model';

export type Measure = 'calls' | 'tokens' | 'cost';

export interface StackSeries {
  key: string;
  name: string;
  color: string;
}

export interface BarsModel extends ChartModel {
  /** Whole buckets, a path a series. */
  bars: Shape[];
  /** The running and the cut bucket, drawn paler. */
  pale: Shape[];
}

export interface StackOptions {
  measure: Measure;
  zone: string;
  lang: Lang;
  texts: ChartTexts;
  /** From the foot upwards, by rank. */
  series: readonly StackSeries[];
  /** Leaves a line for marks below the axis. */
  hasMarks?: boolean;
}

const margin = { left: 44, right: 8, top: 10, bottom: 22 };

const formats: Record<Measure, (value: number) => string> = { calls: wholeCount, tokens: count, cost: money };

export function amountOf(point: Schemas['PointFigures'], measure: Measure): number {
  if (measure === 'calls') return point.total_calls;
  return measure === 'tokens' ? point.total_tokens : (point.total_cost ?? 0);
}

/** Stacked bars of a grouped series. A count of none is 0 and leaves no bar. */
export function prepareStack(answer: Schemas['GroupedSeries'], options: StackOptions): Prepare<BarsModel> {
  const { measure, zone, lang, texts, series, hasMarks } = options;
  const buckets = bucketsOf(answer.data, answer.granularity, zone);
  const at = new Map(buckets.map(({ from }, index) => [from, index]));
  const values = new Map(series.map(({ key }) => [key, new Array<number>(buckets.length).fill(0)]));
  for (const point of answer.data) {
    const index = at.get(Date.parse(point.timestamp));
    const of = values.get(point.group_name);
    if (index !== undefined && of) of[index] = amountOf(point, measure);
  }
  const sums = buckets.map((_, index) => series.reduce((sum, { key }) => sum + (values.get(key)?.[index] ?? 0), 0));
  const format = formats[measure];
  const labels = buckets.map((bucket) => bucketLabel(bucket, answer.granularity, zone, lang));
  const peak = sums.indexOf(Math.max(...sums));
  const total = sums.reduce((sum, value) => sum + value, 0);
  const summary =
    total === 0
      ? texts('nothing')
      : texts('summary', {
          total: format(total),
          peak: format(sums[peak] ?? 0),
          at: labels[peak] ?? '',
          trend: texts(trendOf(sums)),
        });
  const rowsOf = (index: number) =>
    series
      .map(({ key, name, color }) => ({ name, color, amount: values.get(key)?.[index] ?? 0 }))
      .filter(({ amount }) => amount > 0)
      .sort((a, b) => b.amount - a.amount)
      .map(({ name, color, amount }) => ({ name, color, value: format(amount) }));
  const table = {
    head: [texts('time'), ...series.map(({ name }) => name), texts('total')],
    rows: buckets.map((_, index) => [
      labels[index] ?? '',
      ...series.map(({ key }) => format(values.get(key)?.[index] ?? 0)),
      format(sums[index] ?? 0),
    ]),
  };

  return (size) => {
    const plot = plotOf(size, { ...margin, bottom: margin.bottom + (hasMarks ? 14 : 0) });
    const max = Math.max(0, ...sums);
    const steps = size.height < 180 ? 3 : 4;
    const marks = measure === 'calls' ? wholeTicks(max, steps) : valueTicks(max || 1, steps);
    const top = marks.at(-1) || 1;
    const y = (value: number): number => plot.bottom - (value / top) * (plot.bottom - plot.top);
    const place = placer(buckets, plot);
    const yLabels = measure === 'cost' ? moneyLabels(marks) : countLabels(marks);
    const samples: Sample[] = buckets.map((bucket, index) => ({
      ...bucket,
      x: px(place((bucket.from + bucket.to) / 2)),
      label: labels[index] ?? '',
      rows: [...rowsOf(index), { name: texts('total'), value: format(sums[index] ?? 0) }],
    }));
    const feet = new Array<number>(buckets.length).fill(0);
    const bars: Shape[] = [];
    const pale: Shape[] = [];
    for (const { key, color } of series) {
      const of = values.get(key) ?? [];
      const draw = (isPartial: boolean): string => stackPaths(buckets, of, feet, isPartial, place, y);
      bars.push({ key, color, path: draw(false) });
      pale.push({ key, color, path: draw(true) });
      for (const [index, value] of of.entries()) feet[index] = (feet[index] ?? 0) + value;
    }
    const axis = { from: buckets[0]?.from ?? 0, to: buckets.at(-1)?.to ?? 1, zone, lang };
    return {
      size,
      plot,
      xLabelsAt: size.height - 6,
      xTicks: buckets.length ? timeTicks(axis, plot.left, plot.right) : [],
      yTicks: marks.map((value, index) => ({ at: px(y(value)), label: yLabels[index] ?? '' })),
      samples,
      table,
      summary,
      bars: bars.filter(({ path }) => path),
      pale: pale.filter(({ path }) => path),
    };
  };
}

export function stackPaths(
  buckets: readonly Bucket[],
  values: readonly number[],
  feet: readonly number[],
  isPartial: boolean,
  place: (at: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  for (const [index, bucket] of buckets.entries()) {
    const value = values[index] ?? 0;
    if (value <= 0 || bucket.isPartial !== isPartial) continue;
    const [left, right] = [place(bucket.from), place(bucket.to)];
    const gap = right - left > 4 ? 1 : right - left > 2 ? 0.5 : 0;
    const foot = y(feet[index] ?? 0);
    const head = y((feet[index] ?? 0) + value);
    // A hair of the surface between two parts, unless the part is too thin to lose it.
    const seam = foot - head > 2.5 && (feet[index] ?? 0) > 0 ? 0.7 : 0;
    path += `M${px(left + gap / 2)} ${px(head)}H${px(right - gap / 2)}V${px(foot - seam)}H${px(left + gap / 2)}Z`;
  }
  return path;
}
