import { presets, type Range, relativeMs } from '@/lib/range';

const minute = 60_000;
/** A session that was quiet for longer is over. */
const quietMs = 60 * minute;

interface Ends {
  first: { started_at: string };
  last: { completed_at: string };
}

/** A range that holds all of a session; one that goes on stays relative, so that its next calls come in. */
export function rangeOf({ first, last }: Ends, now: number): Range {
  const from = Date.parse(first.started_at);
  const to = Date.parse(last.completed_at);
  if (now - to < quietMs) {
    const sizes = presets.map((name) => ({ name, ms: relativeMs(name) ?? 0 }));
    const fitting = sizes.find(({ ms }) => ms > now - from + quietMs) ?? sizes.find(({ ms }) => ms > now - from);
    if (fitting) return { kind: 'relative', ...fitting };
  }
  // The URL has whole seconds.
  return { kind: 'fixed', from: Math.floor(from / 1000) * 1000, to: Math.ceil(to / 1000 + 1) * 1000 };
}

/** Whether all of it began within these bounds. */
export function isWithin({ first, last }: { first: Ends['first']; last: Ends['first'] }, from: number, to: number) {
  return Date.parse(first.started_at) >= from && Date.parse(last.started_at) <= to;
}

/** From the beginning of the first call to the end of the last. */
export function spanOf({ first, last }: { first: { started_at: string }; last: { completed_at: string } }): number {
  return Math.max(0, Date.parse(last.completed_at) - Date.parse(first.started_at));
}
