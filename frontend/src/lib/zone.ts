/** Moments in one time zone for the whole page. */
export type Lang = 'en' | 'zh';

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = cache.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  cache.set(zone, made);
  return made;
}

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
}

/** What a clock on the wall of that zone shows. */
export function wallOf(at: number, zone: string): Wall {
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return {
    year: parts.year ?? 0,
    month: parts.month ?? 0,
    day: parts.day ?? 0,
    hour: parts.hour ?? 0,
    minute: parts.minute ?? 0,
    second: parts.second ?? 0,
    ms: ((at % 1000) + 1000) % 1000,
  };
}

/** Minutes east of UTC at that moment. */
export function offsetOf(at: number, zone: string): number {
  const wall = wallOf(at, zone);
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  return Math.round((asUtc - Math.floor(at / 1000) * 1000) / 60_000);
}

/** The moment at which that wall clock is reached; in a gap of daylight saving, the moment after it. */
export function momentOf(wall: Omit<Wall, 'ms' | 'second'>, zone: string): number {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const first = asUtc - offsetOf(asUtc, zone) * 60_000;
  return asUtc - offsetOf(first, zone) * 60_000;
}

export function startOfDay(at: number, zone: string, days = 0): number {
  const { year, month, day } = wallOf(at, zone);
  return momentOf({ year, month, day: day + days, hour: 0, minute: 0 }, zone);
}

const two = (value: number): string => String(value).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function dateLabel(at: number, zone: string, lang: Lang): string {
  const { month, day } = wallOf(at, zone);
  return lang === 'zh' ? `${month}月${day}日` : `${day} ${months[month - 1]}`;
}

export function timeLabel(at: number, zone: string, withSeconds = false): string {
  const { hour, minute, second } = wallOf(at, zone);
  return `${two(hour)}:${two(minute)}${withSeconds ? `:${two(second)}` : ''}`;
}

/** `12:48:50.226` today, `27 Nov 12:48` this year, `2025-11-27 12:48` before. */
export function momentLabel(at: number, zone: string, lang: Lang, now: number): string {
  const wall = wallOf(at, zone);
  const today = wallOf(now, zone);
  if (wall.year !== today.year) return `${wall.year}-${two(wall.month)}-${two(wall.day)} ${timeLabel(at, zone)}`;
  if (wall.month !== today.month || wall.day !== today.day) {
    return `${dateLabel(at, zone, lang)} ${timeLabel(at, zone)}`;
  }
  return `${timeLabel(at, zone, true)}.${String(wall.ms).padStart(3, '0')}`;
}

/** ISO 8601 with the zone's offset, for titles and exports. */
export function isoOf(at: number, zone: string): string {
  const { year, month, day, hour, minute, second, ms } = wallOf(at, zone);
  const offset = offsetOf(at, zone);
  const size = Math.abs(offset);
  const tail = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  const fraction = ms ? `.${String(ms).padStart(3, '0')}` : '';
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${fraction}${tail}`;
}
