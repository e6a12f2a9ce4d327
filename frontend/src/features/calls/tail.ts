import type { Schemas } from '@/api/client';

export type Call = Schemas['InvocationView'];

/** The calls that ended since the list was loaded, each once. */
export interface Tail {
  /** In the list. */
  shown: readonly Call[];
  /** Counted in the pill, while one reads further down. */
  held: readonly Call[];
}

export const noTail: Tail = { shown: [], held: [] };

/** By their start, the newest first, as the list has them. */
function byStart(a: Call, b: Call): number {
  return Date.parse(b.started_at) - Date.parse(a.started_at) || b.id - a.id;
}

export function arrived({ shown, held }: Tail, calls: readonly Call[], isAway: boolean): Tail {
  const known = new Set([...shown, ...held].map(({ id }) => id));
  const fresh = calls.filter(({ id }) => !known.has(id) && known.add(id));
  if (!fresh.length) return { shown, held };
  if (isAway) return { shown, held: [...fresh, ...held] };
  return released({ shown, held: [...fresh, ...held] });
}

/** What was held goes into the list. */
export function released({ shown, held }: Tail): Tail {
  return held.length ? { shown: [...held, ...shown].sort(byStart), held: [] } : { shown, held };
}

/** Both lists as one; a call that a later page brought too is there once. */
export function merged(loaded: readonly Call[], shown: readonly Call[]): readonly Call[] {
  if (!shown.length) return loaded;
  const late = new Set(shown.map(({ id }) => id));
  const all: Call[] = [];
  let next = 0;
  for (const call of loaded) {
    if (late.has(call.id)) continue;
    for (let fresh = shown[next]; fresh && byStart(fresh, call) < 0; fresh = shown[next]) {
      all.push(fresh);
      next += 1;
    }
    all.push(call);
  }
  all.push(...shown.slice(next));
  return all;
}

/** The highest id of a page: the stream goes on after it, so that no call is missed between the two. */
export function lastIdOf(page: readonly Call[] | undefined): number | undefined {
  return page?.length ? page.reduce((most, { id }) => Math.max(most, id), 0) : undefined;
}
