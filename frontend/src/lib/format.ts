/** Numbers as the console writes them: short on the page, whole in titles. What is unknown is a dash, never 0. */
export const unknown = '—';

type Maybe = number | null | undefined;

function isKnown(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.max(0, digits - 1 - magnitude));
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export interface Parts {
  value: string;
  unit: string;
}

/** 942 · 12.4k · 3.71M, split so that a figure can set its unit smaller. */
export function countParts(value: Maybe): Parts {
  if (!isKnown(value)) return { value: unknown, unit: '' };
  const size = Math.abs(value);
  if (size < 999.5) return { value: String(Math.round(value)), unit: '' };
  if (size < 999_950) return { value: (value / 1e3).toFixed(1), unit: 'k' };
  if (size < 999_500_000) return { value: shortened(value / 1e6), unit: 'M' };
  return { value: shortened(value / 1e9), unit: 'G' };
}

function shortened(value: number): string {
  return Math.abs(value) < 1 ? value.toFixed(2) : significant(value, 3);
}

export function count(value: Maybe): string {
  const { value: number, unit } = countParts(value);
  return number + unit;
}

export function wholeCount(value: Maybe): string {
  return isKnown(value) ? grouped.format(value) : unknown;
}

/** $0.000012 · $0.0183 · $61.42 · $1,204 */
export function money(value: Maybe): string {
  if (!isKnown(value)) return unknown;
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  if (size === 0) return '$0';
  if (size < 0.9995) return `${sign}$${trimmed(significant(Number(size.toPrecision(3)), 3))}`;
  if (size < 999.995) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${grouped.format(size)}`;
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '') : digits;
}

/** 0.4 ms · 412 ms · 3.21 s · 2 m 05 s · 3 h 12 m · 4 d */
export function spanParts(ms: Maybe): Parts {
  if (!isKnown(ms)) return { value: unknown, unit: '' };
  if (ms < 9.95) return { value: trimmed(ms.toFixed(1)), unit: 'ms' };
  if (ms < 999.5) return { value: String(Math.round(ms)), unit: 'ms' };
  if (ms < 59_950) return { value: significant(Number((ms / 1000).toPrecision(3)), 3), unit: 's' };
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return { value: `${Math.floor(seconds / 60)} m ${pad(seconds % 60)}`, unit: 's' };
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return { value: `${Math.floor(minutes / 60)} h ${pad(minutes % 60)}`, unit: 'm' };
  return { value: String(Math.round(minutes / 1440)), unit: 'd' };
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

export function span(ms: Maybe): string {
  const { value, unit } = spanParts(ms);
  return unit ? `${value} ${unit}` : value;
}

/** 98.62 % above 90, 62 % below. The rate is 0..1. */
export function shareParts(rate: Maybe): Parts {
  if (!isKnown(rate)) return { value: unknown, unit: '' };
  const percent = rate * 100;
  if (percent === 100 || percent === 0) return { value: String(percent), unit: '%' };
  if (percent <= 90)
    return { value: percent < 1 ? trimmed(percent.toFixed(1)) : String(Math.round(percent)), unit: '%' };
  // A share that is not whole must never read as whole.
  return { value: Math.min(99.99, percent).toFixed(2).replace(/0$/, ''), unit: '%' };
}

export function share(rate: Maybe): string {
  const { value, unit } = shareParts(rate);
  return unit ? `${value} ${unit}` : value;
}

export function speed(tokensPerSecond: Maybe): string {
  return isKnown(tokensPerSecond) ? trimmed(significant(tokensPerSecond, 3)) : unknown;
}

export type Direction = 'up' | 'down' | 'same';

export interface Change {
  direction: Direction;
  /** `12 %` or `0.9 pt`, without sign. */
  size: string;
}

/** Change of an amount, in percent of what it was. */
export function changeOf(now: Maybe, before: Maybe): Change | undefined {
  if (!isKnown(now) || !isKnown(before) || before === 0) return undefined;
  const percent = ((now - before) / before) * 100;
  const size = Math.abs(percent);
  // Against next to nothing, the exact number says nothing.
  if (size >= 999.5) return { direction: percent > 0 ? 'up' : 'down', size: '> 999 %' };
  const digits = size < 9.95 ? trimmed(size.toFixed(1)) : String(Math.round(size));
  return { direction: directionOf(percent, digits), size: `${digits} %` };
}

/** Change of a share, in points. */
export function pointsOf(now: Maybe, before: Maybe): Change | undefined {
  if (!isKnown(now) || !isKnown(before)) return undefined;
  const points = (now - before) * 100;
  const digits = trimmed(Math.abs(points).toFixed(Math.abs(points) < 9.95 ? 1 : 0));
  return { direction: directionOf(points, digits), size: `${digits} pt` };
}

function directionOf(difference: number, digits: string): Direction {
  if (Number(digits) === 0) return 'same';
  return difference > 0 ? 'up' : 'down';
}

/** Cuts a long name in its middle, where model names differ least. */
export function middleCut(name: string, most: number): string {
  const letters = [...name];
  if (letters.length <= most) return name;
  const tail = Math.floor((most - 1) * 0.45);
  const head = most - 1 - tail;
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - tail).join('')}`;
}

export function bytes(value: Maybe): string {
  if (!isKnown(value)) return unknown;
  if (value < 1000) return `${value} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(value) / 3));
  return `${trimmed(significant(value / 1000 ** power, 3))} ${units[power - 1]}`;
}
