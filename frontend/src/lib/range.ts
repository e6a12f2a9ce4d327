import { isZone } from './zone';

/** The page's time range: relative stays relative, in the URL and towards the API. */
export const presets = ['15m', '1h', '6h', '24h', '7d', '30d', '90d'] as const;
export const defaultRange = '24h';

export type Range = { kind: 'relative'; name: string; ms: number } | { kind: 'fixed'; from: number; to: number };

export interface RangeSearch {
  range?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  tz?: string | undefined;
}

const minute = 60_000;
const units: Record<string, number> = { m: minute, h: 60 * minute, d: 1440 * minute };
const day = 1440 * minute;
const longest = 366 * day;
const shortest = minute;

export function relativeMs(name: string): number | undefined {
  const match = /^(\d{1,5})([mhd])$/.exec(name);
  const ms = match ? Number(match[1]) * (units[match[2] ?? ''] ?? 0) : 0;
  return ms > 0 && ms <= longest ? ms : undefined;
}

export function readRange(search: RangeSearch, fallback: string = defaultRange): Range {
  const from = search.from ? Date.parse(search.from) : Number.NaN;
  const to = search.to ? Date.parse(search.to) : Number.NaN;
  if (from < to) return { kind: 'fixed', from, to };
  const name = search.range ?? fallback;
  const ms = relativeMs(name);
  return ms ? { kind: 'relative', name, ms } : { kind: 'relative', name: fallback, ms: relativeMs(fallback) ?? day };
}

export function readZone(search: RangeSearch, fallback: string): string {
  return search.tz && isZone(search.tz) ? search.tz : fallback;
}

function toSecond(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The range as search parameters; the default is left out. */
export function writeRange(range: Range, fallback: string = defaultRange): RangeSearch {
  if (range.kind === 'fixed') {
    return { range: undefined, from: toSecond(range.from), to: toSecond(range.to) };
  }
  return { range: range.name === fallback ? undefined : range.name, from: undefined, to: undefined };
}

/** The range as parameters of the API. */
export function rangeQuery(range: Range): { time_range?: string; start_time?: string; end_time?: string } {
  if (range.kind === 'relative') return { time_range: range.name };
  return { start_time: new Date(range.from).toISOString(), end_time: new Date(range.to).toISOString() };
}

export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return range.kind === 'fixed' ? { from: range.from, to: range.to } : { from: now - range.ms, to: now };
}

export function lengthOf(range: Range): number {
  return range.kind === 'fixed' ? range.to - range.from : range.ms;
}

/** Half a range earlier or later; never past now, and a range that reaches now again is relative no more. */
export function shifted(range: Range, direction: -1 | 1, now: number): Range {
  const { from, to } = boundsOf(range, now);
  const step = Math.round((to - from) / 2) * direction;
  const end = Math.min(to + step, now);
  return { kind: 'fixed', from: end - (to - from), to: end };
}

/** Twice as long or half as long, around the middle; a relative range takes the next preset. */
export function zoomed(range: Range, direction: 'in' | 'out', now: number): Range {
  if (range.kind === 'relative') {
    const sizes = presets.map((name) => ({ name, ms: relativeMs(name) ?? 0 }));
    const next = direction === 'in' ? sizes.findLast(({ ms }) => ms < range.ms) : sizes.find(({ ms }) => ms > range.ms);
    return next ? { kind: 'relative', ...next } : range;
  }
  const middle = (range.from + range.to) / 2;
  const length = Math.min(longest, Math.max(shortest, lengthOf(range) * (direction === 'in' ? 0.5 : 2)));
  const to = Math.min(now, Math.round(middle + length / 2));
  return { kind: 'fixed', from: Math.round(to - length), to };
}
