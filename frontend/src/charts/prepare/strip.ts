import type { Schemas } from '@/api/client';
import { wholeCount } from '@/lib/format';
import type { Lang } from '@/lib/zone';
import { bucketLabel, bucketsOf, placer, trendOf } from './buckets';
import { type ChartTexts, type Prepare, plotOf, px, type Sample } from './model';
import { type BarsModel, stackPaths } from './stack';

export interface StripOptions {
  zone: string;
  lang: Lang;
  texts: ChartTexts;
  /** Names of the parts, from the foot upwards. */
  names: { failed: string; others: string };
}

const margin = { left: 8, right: 8, top: 4, bottom: 3 };

/** A strip of the calls over a range, without axes: failures stand at the foot, where they are seen at once. */
export function prepareStrip(answer: Schemas['Series'], options: StripOptions): Prepare<BarsModel> {
  const { zone, lang, texts, names } = options;
  const buckets = bucketsOf(answer.data, answer.granularity, zone);
  const failed = answer.data.map(({ error_calls }) => error_calls);
  const others = answer.data.map(({ total_calls, error_calls }) => Math.max(0, total_calls - error_calls));
  const sums = answer.data.map(({ total_calls }) => total_calls);
  const labels = buckets.map((bucket) => bucketLabel(bucket, answer.granularity, zone, lang));
  const total = sums.reduce((sum, value) => sum + value, 0);
  const max = Math.max(0, ...sums);
  const peak = sums.indexOf(max);
  const parts = [
    { key: 'failed', name: names.failed, color: 'var(--bad)', values: failed },
    { key: 'others', name: names.others, color: 'var(--line-strong)', values: others },
  ];
  return (size) => {
    const plot = plotOf(size, margin);
    const height = plot.bottom - plot.top;
    const place = placer(buckets, plot);
    // A bucket with one failure among thousands still shows it.
    const least = 1.5;
    const y = (value: number): number =>
      value > 0 ? plot.bottom - Math.max(least, (value / (max || 1)) * height) : plot.bottom;
    const samples: Sample[] = buckets.map((bucket, index) => ({
      ...bucket,
      x: px(place((bucket.from + bucket.to) / 2)),
      label: labels[index] ?? '',
      rows: [
        ...parts.map(({ name, color, values }) => ({ name, color, value: wholeCount(values[index] ?? 0) })),
        { name: texts('total'), value: wholeCount(sums[index] ?? 0) },
      ],
    }));
    const none = new Array<number>(buckets.length).fill(0);
    const draw = (isPartial: boolean) => [
      { key: 'failed', color: 'var(--bad)', path: stackPaths(buckets, failed, none, isPartial, place, y) },
      { key: 'others', color: 'var(--line-strong)', path: stackPaths(buckets, others, failed, isPartial, place, y) },
    ];
    return {
      size,
      plot,
      xLabelsAt: size.height,
      xTicks: [],
      yTicks: [],
      samples,
      table: {
        head: [texts('time'), ...parts.map(({ name }) => name), texts('total')],
        rows: buckets.map((_, index) => [
          labels[index] ?? '',
          ...parts.map(({ values }) => wholeCount(values[index] ?? 0)),
          wholeCount(sums[index] ?? 0),
        ]),
      },
      summary:
        total === 0
          ? texts('nothing')
          : texts('summary', {
              total: wholeCount(total),
              peak: wholeCount(max),
              at: labels[peak] ?? '',
              trend: texts(trendOf(sums)),
            }),
      bars: draw(false).filter(({ path }) => path),
      pale: draw(true).filter(({ path }) => path),
    };
  };
}
