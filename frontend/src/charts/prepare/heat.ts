import { line } from 'd3-shape';
import type { Schemas } from '@/api/client';
import { span, wholeCount } from '@/lib/format';
import type { Lang } from '@/lib/zone';
import { logTicks, spanLabels, timeTicks } from './axis';
import { bucketLabel, bucketsOf, placer } from './buckets';
import { heatColours } from './colours';
import { type ChartModel, type ChartTexts, type Prepare, plotOf, px, type Sample, type Shape } from './model';

export interface HeatModel extends ChartModel {
  /** One path a shade. */
  cells: Shape[];
  line: string;
  /** Where the line's name stands; a line of one point is none, and its name would cover the cell. */
  lineEnd: { x: number; y: number } | undefined;
}

export interface HeatOptions {
  /** p95 by the beginning of its bucket. */
  line: ReadonlyMap<number, number>;
  lineName: string;
  zone: string;
  lang: Lang;
  texts: ChartTexts;
}

interface Row {
  low: number;
  high: number;
  label: string;
}

const margin = { left: 52, right: 8, top: 8, bottom: 22 };

function rowsOf(edges: readonly number[]): Row[] {
  const first = edges[0] ?? 1;
  const last = edges.at(-1) ?? 1;
  const bounds = [first / 2.5, ...edges, last * 2.5];
  return bounds.slice(0, -1).map((low, index) => {
    const high = bounds[index + 1] ?? low;
    const label =
      index === 0
        ? `< ${span(first)}`
        : index === bounds.length - 2
          ? `> ${span(last)}`
          : `${span(low)} – ${span(high)}`;
    return { low, high, label };
  });
}

/** Counts by duration and time: darker is more. The shade goes with the square root, so that rare slow calls show. */
export function prepareHeat(answer: Schemas['Histogram'], options: HeatOptions): Prepare<HeatModel> {
  const { zone, lang, texts, lineName } = options;
  const buckets = bucketsOf(answer.data, answer.granularity, zone);
  const counts = new Map(answer.data.map(({ timestamp, counts }) => [Date.parse(timestamp), counts]));
  const all = rowsOf(answer.edges_ms);
  const totals = all.map((_, row) => [...counts.values()].reduce((sum, column) => sum + (column[row] ?? 0), 0));
  const first = Math.max(0, totals.findIndex((total) => total > 0) - 1);
  const last = Math.min(all.length - 1, totals.findLastIndex((total) => total > 0) + 1);
  const rows = all.slice(first, last + 1);
  const max = Math.max(1, ...[...counts.values()].flat());
  const labels = buckets.map((bucket) => bucketLabel(bucket, answer.granularity, zone, lang));
  const known = buckets.flatMap(({ from }, index) => {
    const value = options.line.get(from);
    return value === undefined ? [] : [{ value, index }];
  });
  const peak = known.reduce((best, one) => (one.value > best.value ? one : best), known[0] ?? { value: 0, index: 0 });
  const most = all[totals.indexOf(Math.max(...totals))];
  const summary = known.length
    ? texts('heatSummary', { most: most?.label ?? '', peak: span(peak.value), at: labels[peak.index] ?? '' })
    : texts('nothing');

  return (size) => {
    const plot = plotOf(size, margin);
    const place = placer(buckets, plot);
    const low = rows[0]?.low ?? 1;
    const high = rows.at(-1)?.high ?? 10;
    const y = (ms: number): number => {
      const part =
        (Math.log10(Math.max(low, Math.min(high, ms))) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));
      return plot.bottom - part * (plot.bottom - plot.top);
    };
    const paths = heatColours.map(() => '');
    for (const { from, to } of buckets) {
      const column = counts.get(from) ?? [];
      const [left, right] = [place(from), place(to)];
      const gap = right - left > 5 ? 1 : 0;
      for (const [index, { low: bottom, high: top }] of rows.entries()) {
        const value = column[first + index] ?? 0;
        if (value === 0) continue;
        const shade = Math.min(heatColours.length - 1, Math.floor(Math.sqrt(value / max) * heatColours.length));
        paths[shade] += `M${px(left)} ${px(y(top))}H${px(right - gap)}V${px(y(bottom) - 1)}H${px(left)}Z`;
      }
    }
    const middles = buckets.map(({ from, to }) => place((from + to) / 2));
    const draw = line<number>()
      .defined((_, index) => options.line.has(buckets[index]?.from ?? 0))
      .x((_, index) => px(middles[index] ?? 0))
      .y((from) => px(y(options.line.get(from) ?? 0)));
    const marks = logTicks(low, high);
    const yLabels = spanLabels(marks);
    const axis = { from: buckets[0]?.from ?? 0, to: buckets.at(-1)?.to ?? 1, zone, lang };
    const end = known.at(-1);
    const samples: Sample[] = buckets.map((bucket, index) => ({
      ...bucket,
      x: px(middles[index] ?? 0),
      label: labels[index] ?? '',
      rows: tipOf(counts.get(bucket.from) ?? [], all, options.line.get(bucket.from), lineName),
    }));
    return {
      size,
      plot,
      xLabelsAt: size.height - 6,
      xTicks: buckets.length ? timeTicks(axis, plot.left, plot.right) : [],
      yTicks: marks.map((value, index) => ({ at: px(y(value)), label: yLabels[index] ?? '' })),
      samples,
      table: {
        head: [texts('time'), lineName, ...rows.map(({ label }) => label)],
        rows: buckets.map(({ from }, index) => [
          labels[index] ?? '',
          span(options.line.get(from)),
          ...rows.map((_, row) => wholeCount(counts.get(from)?.[first + row] ?? 0)),
        ]),
      },
      summary,
      cells: paths.flatMap((path, shade) =>
        path ? [{ key: String(shade), color: heatColours[shade] ?? '', path }] : [],
      ),
      line: draw(buckets.map(({ from }) => from)) ?? '',
      lineEnd:
        known.length > 1 && end
          ? { x: px(plot.right - 2), y: px(Math.max(plot.top + 12, y(end.value) - 6)) }
          : undefined,
    };
  };
}

function tipOf(column: readonly number[], rows: readonly Row[], line: number | undefined, lineName: string) {
  const parts = rows
    .map(({ label }, index) => ({ name: label, amount: column[index] ?? 0 }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount)
    .slice(0, 6)
    .map(({ name, amount }) => ({ name, value: wholeCount(amount) }));
  return line === undefined ? parts : [{ name: lineName, value: span(line) }, ...parts];
}
