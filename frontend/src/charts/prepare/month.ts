import type { Schemas } from '@/api/client';
import { momentOf, startOfDay, wallOf } from '@/lib/zone';
import type { Bucket } from './buckets';
import { type Forecast, forecast } from './forecast';

/** Days before the month that a forecast looks at, so that there is one on the first of a month. */
export const daysBefore = 28;

export interface Bounds {
  from: number;
  to: number;
}

/** The calendar month of a zone that holds the moment. */
export function monthOf(at: number, zone: string): Bounds {
  const { year, month } = wallOf(at, zone);
  const first = (months: number): number => momentOf({ year, month: month + months, day: 1, hour: 0, minute: 0 }, zone);
  return { from: first(0), to: first(1) };
}

export interface Month extends Forecast {
  /** The days of the whole month. */
  days: Bucket[];
  spent: number;
  /** What lies between, likely; undefined without a forecast. */
  between: { low: number; high: number } | undefined;
  /** Whether a call of this month has a known price. */
  isKnown: boolean;
}

/** Cost to date by days, and what the rest of the month will probably add. */
export function prepareMonth(points: readonly Schemas['Point'][], zone: string, now: number): Month {
  const { from, to } = monthOf(now, zone);
  const days: Bucket[] = [];
  for (let at = from; at < to; ) {
    const next = startOfDay(at, zone, 1);
    days.push({ from: at, to: next, isPartial: next > now });
    at = next;
  }
  const before: number[] = [];
  const spent: number[] = [];
  let isKnown = false;
  for (const { timestamp, total_cost } of points) {
    const at = Date.parse(timestamp);
    if (at > now) continue;
    if (at < from) before.push(total_cost ?? 0);
    else {
      spent.push(total_cost ?? 0);
      isKnown ||= total_cost !== undefined;
    }
  }
  const found = forecast(spent, days.length, true, before);
  const [low, high] = [found.low.at(-1), found.high.at(-1)];
  return {
    ...found,
    days,
    spent: spent.reduce((sum, amount) => sum + amount, 0),
    between: found.basis && low !== undefined && high !== undefined ? { low, high } : undefined,
    isKnown,
  };
}

/** How the budget stands: used up, used up on that day, or lasting. */
export type Standing = { is: 'over' } | { is: 'ends'; at: number } | { is: 'lasts' } | { is: 'unknown' };

export function standingOf({ spent, expected, days, basis }: Month, budget: number): Standing {
  if (spent >= budget) return { is: 'over' };
  if (!basis) return { is: 'unknown' };
  const index = expected.findIndex((value) => value !== undefined && value >= budget);
  return index < 0 ? { is: 'lasts' } : { is: 'ends', at: days[index]?.from ?? 0 };
}
