import { dateLabel, type Lang, offsetOf, startOfDay, timeLabel } from '@/lib/zone';
import type { Box } from './model';

export type Granularity = 'minute' | 'quarter' | 'hour' | 'day' | 'week' | 'month';

const minute = 60_000;
const lengths: Record<Exclude<Granularity, 'month'>, number> = {
  minute,
  quarter: 15 * minute,
  hour: 60 * minute,
  day: 1440 * minute,
  week: 7 * 1440 * minute,
};

export interface Bucket {
  from: number;
  to: number;
  isPartial: boolean;
}

/** The buckets of an answer in order, each once; the last one ends by its granularity. */
export function bucketsOf(
  points: readonly { timestamp: string; is_partial: boolean }[],
  granularity: Granularity,
  zone: string,
): Bucket[] {
  const partial = new Map<number, boolean>();
  for (const { timestamp, is_partial } of points) partial.set(Date.parse(timestamp), is_partial);
  const starts = [...partial.keys()].sort((a, b) => a - b);
  return starts.map((from, index) => ({
    from,
    to: starts[index + 1] ?? endOf(from, granularity, zone),
    isPartial: partial.get(from) ?? false,
  }));
}

function endOf(from: number, granularity: Granularity, zone: string): number {
  if (granularity === 'day') return startOfDay(from, zone, 1);
  if (granularity === 'week') return startOfDay(from, zone, 7);
  if (granularity === 'month') {
    const local = new Date(from + offsetOf(from, zone) * minute);
    const days = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
    return startOfDay(from, zone, days);
  }
  return from + lengths[granularity];
}

/** Places moments between the plot's left and right. */
export function placer(buckets: readonly Bucket[], plot: Box): (at: number) => number {
  const from = buckets[0]?.from ?? 0;
  const to = buckets.at(-1)?.to ?? 1;
  return (at) => plot.left + ((at - from) / (to - from)) * (plot.right - plot.left);
}

export function bucketLabel({ from, to }: Bucket, granularity: Granularity, zone: string, lang: Lang): string {
  const date = dateLabel(from, zone, lang);
  if (granularity === 'day' || granularity === 'month') return date;
  if (granularity === 'week') return `${date} – ${dateLabel(to - 1, zone, lang)}`;
  return `${date} ${timeLabel(from, zone)}–${timeLabel(to, zone)}`;
}

/** The bucket that holds a moment, by its place. */
export function nearest(samples: readonly { from: number; to: number }[], at: number): number {
  let [low, high] = [0, samples.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at >= (samples[middle]?.to ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rising, falling or steady: the last third against the first, a tenth apart. */
export function trendOf(values: readonly number[]): 'rising' | 'falling' | 'steady' {
  const third = Math.floor(values.length / 3);
  if (third === 0) return 'steady';
  const sum = (part: readonly number[]): number => part.reduce((total, value) => total + value, 0);
  const [first, last] = [sum(values.slice(0, third)), sum(values.slice(-third))];
  if (last > first * 1.1) return 'rising';
  return last < first * 0.9 ? 'falling' : 'steady';
}
