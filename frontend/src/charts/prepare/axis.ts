import { ticks as linearTicks } from 'd3-array';
import { dateLabel, type Lang, momentOf, offsetOf, timeLabel, wallOf } from '@/lib/zone';
import type { Tick } from './model';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * minute);
const daySteps = [1, 2, 7, 14, 28, 56];

/** Values from 0 to a round top, at most `most` steps. */
export function valueTicks(max: number, most = 4): number[] {
  if (!(max > 0)) return [0];
  const found = linearTicks(0, max, most);
  const step = (found[1] ?? max) - (found[0] ?? 0);
  const last = found.at(-1) ?? 0;
  return last < max ? [...found, last + step] : found;
}

export function wholeTicks(max: number, most = 4): number[] {
  return [...new Set(valueTicks(Math.max(1, max), most).map(Math.ceil))];
}

/** 1–3–10 between two spans, for a logarithmic axis. */
export function logTicks(min: number, max: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1) {
    for (const digit of [1, 3]) {
      const value = digit * 10 ** power;
      if (value >= min * 0.999 && value <= max * 1.001) found.push(Number(value.toPrecision(1)));
    }
  }
  return found.length > 5 ? found.filter((value) => String(value).replace(/[0.]/g, '') === '1') : found;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Labels of one axis have one unit, chosen by the largest. */
export function countLabels(values: readonly number[]): string[] {
  const max = Math.max(...values);
  const [scale, unit] = max >= 1e9 ? [1e9, 'G'] : max >= 1e6 ? [1e6, 'M'] : max >= 1000 ? [1000, 'k'] : [1, ''];
  return values.map((value) => (value === 0 ? '0' : plain(value / scale) + unit));
}

export function moneyLabels(values: readonly number[]): string[] {
  const max = Math.max(...values);
  const [scale, unit] = max >= 1000 ? [1000, 'k'] : [1, ''];
  const step = values.length > 1 ? ((values[1] ?? 0) - (values[0] ?? 0)) / scale : 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step || 1) + 1e-9));
  return values.map((value) => (value === 0 ? '$0' : `$${(value / scale).toFixed(digits)}${unit}`));
}

export function spanLabels(values: readonly number[]): string[] {
  const max = Math.max(...values);
  // From milliseconds to minutes, no one unit is readable.
  if (max >= 600_000 && Math.min(...values) < 60_000) return values.map((value) => spanLabel(value));
  return values.map((value) => spanLabel(value, max));
}

function spanLabel(value: number, max = value): string {
  const [scale, unit] = max >= 600_000 ? [60_000, 'm'] : max >= 1000 ? [1000, 's'] : [1, 'ms'];
  return `${plain(Number((value / scale).toPrecision(2)))} ${unit}`;
}

export interface TimeAxis {
  from: number;
  to: number;
  zone: string;
  lang: Lang;
  /** Room of one label. */
  labelWidth?: number;
}

/** Ticks at round moments of the zone's own clock; midnight shows the date. */
export function timeTicks({ from, to, zone, lang, labelWidth = 60 }: TimeAxis, left: number, right: number): Tick[] {
  const most = Math.max(2, Math.floor((right - left) / labelWidth));
  const wanted = (to - from) / most;
  const place = (at: number): number => left + ((at - from) / (to - from)) * (right - left);
  const step = timeSteps.find((candidate) => candidate >= wanted);
  const moments = step ? momentsWithinDays(from, to, step, zone) : momentsByDay(from, to, wanted, zone);
  return moments
    .map((at) => ({
      at: Math.round(place(at)),
      label: step && !isMidnight(at, zone) ? timeLabel(at, zone) : dateLabel(at, zone, lang),
    }))
    .filter(({ at }) => at >= left && at <= right);
}

function isMidnight(at: number, zone: string): boolean {
  const { hour, minute } = wallOf(at, zone);
  return hour === 0 && minute === 0;
}

function momentsWithinDays(from: number, to: number, step: number, zone: string): number[] {
  const found: number[] = [];
  const minutes = step / minute;
  // The wall clock is walked, not the instants, so that ticks stay round on days of 23 and 25 hours.
  for (let at = from - day; at < to + day; at += day) {
    const { year, month, day: date } = wallOf(at, zone);
    for (let of = 0; of < 1440; of += minutes) {
      const moment = momentOf({ year, month, day: date, hour: Math.floor(of / 60), minute: of % 60 }, zone);
      if (moment >= from && moment <= to) found.push(moment);
    }
  }
  return [...new Set(found)].sort((a, b) => a - b);
}

function momentsByDay(from: number, to: number, wanted: number, zone: string): number[] {
  const step = daySteps.find((days) => days * day >= wanted) ?? 56;
  const found: number[] = [];
  const start = wallOf(from, zone);
  const dayNumber = Math.floor((from + offsetOf(from, zone) * minute) / day);
  const first = Math.ceil(dayNumber / step) * step - dayNumber;
  for (let days = first; ; days += step) {
    const at = momentOf({ ...start, day: start.day + days, hour: 0, minute: 0 }, zone);
    if (at > to) return found;
    if (at >= from) found.push(at);
  }
}
