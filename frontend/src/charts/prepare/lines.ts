import { line } from 'd3-shape';
import { count, money, share, span } from '@/lib/format';
import type { Lang } from '@/lib/zone';
import { countLabels, logTicks, moneyLabels, spanLabels, timeTicks, valueTicks } from './axis';
import { type Bucket, bucketLabel, type Granularity, placer } from './buckets';
import { type Box, type ChartModel, type ChartTexts, type Prepare, plotOf, px, type Shape } from './model';

export interface LineSeries {
  key: string;
  name: string;
  color: string;
  /** One value a bucket; what is not known is a gap. */
  values: readonly (number | undefined)[];
  /** Not final: the period before, a forecast. */
  isDotted?: boolean;
}

export interface LinesModel extends ChartModel {
  lines: (Shape & { isDotted: boolean })[];
  /** Between two bounds, such as those of a forecast. */
  band: string | undefined;
}

export interface LinesOptions {
  buckets: readonly Bucket[];
  granularity: Granularity;
  series: readonly LineSeries[];
  unit: 'count' | 'money' | 'span' | 'share';
  zone: string;
  lang: Lang;
  texts: ChartTexts;
  band?: { low: readonly (number | undefined)[]; high: readonly (number | undefined)[] };
}

const margin = { left: 44, right: 8, top: 10, bottom: 22 };
const formats = { count, money, span, share };
const labelsOf = {
  count: countLabels,
  money: moneyLabels,
  span: spanLabels,
  share: (values: readonly number[]) => values.map((value) => share(value)),
};

/** Straight segments; latency on a logarithmic axis, all else from 0. */
export function prepareLines(options: LinesOptions): Prepare<LinesModel> {
  const { buckets, granularity, series, unit, zone, lang, texts, band } = options;
  const format = formats[unit];
  const labels = buckets.map((bucket) => bucketLabel(bucket, granularity, zone, lang));
  const all = [...series.flatMap(({ values }) => values), ...(band?.high ?? [])].filter(
    (value): value is number => value !== undefined && (unit !== 'span' || value > 0),
  );
  const first = series[0];
  const known = (first?.values ?? []).flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
  const top = known.reduce((best, one) => (one.value > best.value ? one : best), known[0] ?? { value: 0, index: 0 });
  const summary = known.length
    ? texts('lineSummary', {
        name: first?.name ?? '',
        latest: format(known.at(-1)?.value),
        peak: format(top.value),
        at: labels[top.index] ?? '',
      })
    : texts('nothing');
  const table = {
    head: [texts('time'), ...series.map(({ name }) => name)],
    rows: buckets.map((_, index) => [labels[index] ?? '', ...series.map(({ values }) => format(values[index]))]),
  };

  return (size) => {
    const plot = plotOf(size, margin);
    const place = placer(buckets, plot);
    const { marks, y } = scaleOf(all, unit, plot);
    const yLabels = labelsOf[unit](marks);
    const middles = buckets.map(({ from, to }) => place((from + to) / 2));
    const draw = line<number | undefined>()
      .defined((value) => value !== undefined && (unit !== 'span' || value > 0))
      .x((_, index) => px(middles[index] ?? 0))
      .y((value) => px(y(value ?? 0)));
    const axis = { from: buckets[0]?.from ?? 0, to: buckets.at(-1)?.to ?? 1, zone, lang };
    return {
      size,
      plot,
      xLabelsAt: size.height - 6,
      xTicks: buckets.length ? timeTicks(axis, plot.left, plot.right) : [],
      yTicks: marks.map((value, index) => ({ at: px(y(value)), label: yLabels[index] ?? '' })),
      samples: buckets.map((bucket, index) => ({
        ...bucket,
        x: px(middles[index] ?? 0),
        label: labels[index] ?? '',
        rows: series
          .flatMap(({ name, color, values }) => {
            const value = values[index];
            return value === undefined ? [] : [{ name, color, amount: value }];
          })
          .sort((a, b) => b.amount - a.amount)
          .map(({ name, color, amount }) => ({ name, color, value: format(amount) })),
      })),
      table,
      summary,
      lines: series.map(({ key, color, values, isDotted = false }) => ({
        key,
        color,
        isDotted,
        path: draw([...values]) ?? '',
      })),
      band: band ? bandPath(band, middles, y) : undefined,
    };
  };
}

function scaleOf(values: readonly number[], unit: LinesOptions['unit'], plot: Box) {
  const height = plot.bottom - plot.top;
  if (unit === 'span' && values.length) {
    const low = Math.min(...values) / 1.5;
    const high = Math.max(...values) * 1.2;
    const [from, to] = [Math.log10(low), Math.log10(high)];
    return {
      marks: logTicks(low, high),
      y: (value: number): number => plot.bottom - ((Math.log10(value) - from) / (to - from)) * height,
    };
  }
  const marks = valueTicks(Math.max(0, ...values) || 1);
  const top = marks.at(-1) ?? 1;
  return { marks, y: (value: number): number => plot.bottom - (value / top) * height };
}

function bandPath(
  { low, high }: NonNullable<LinesOptions['band']>,
  x: readonly number[],
  y: (value: number) => number,
): string {
  const at = x.map((_, index) => index).filter((index) => low[index] !== undefined && high[index] !== undefined);
  if (at.length < 2) return '';
  const point = (values: readonly (number | undefined)[]) => (index: number) =>
    `${px(x[index] ?? 0)} ${px(y(values[index] ?? 0))}`;
  return `M${at.map(point(high)).join('L')}L${at.toReversed().map(point(low)).join('L')}Z`;
}
