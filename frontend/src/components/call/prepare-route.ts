import { outcomeWord, type Route } from './call-parts';

export interface Outcome {
  status: 'ok' | 'error';
  /** The code as a word; absent where it answered. */
  word: string | undefined;
  ms: number;
  error: string | undefined;
}

export interface RouteRow {
  position: number;
  model: string;
  /** Why it has this place; absent for one that came in as a fallback. */
  reason: string | undefined;
  /** What each of its attempts did; none: it was not needed, or never reached. */
  outcomes: Outcome[];
}

export interface ExcludedGroup {
  /** The API's word: `tag`, `no_key`, `breaker` … */
  why: string;
  models: { model: string; reason: string }[];
}

/** Candidates in order, each with what came of it; fallbacks that were tried stand after them. */
export function routeRows(route: Route, streamMs = 0): RouteRow[] {
  const attempts = route.attempts ?? [];
  const outcomesOf = (wanted: string): Outcome[] =>
    attempts
      .filter(({ model }) => model === wanted)
      .map(({ outcome, ms, error }) => {
        const isOk = outcome === 'answered';
        return {
          status: isOk ? 'ok' : 'error',
          word: isOk ? undefined : outcomeWord(outcome),
          ms: isOk ? ms + streamMs : ms,
          error: error ?? undefined,
        };
      });
  const rows: Omit<RouteRow, 'position'>[] = (route.candidates ?? []).map(({ model, reason }) => ({
    model,
    reason,
    outcomes: outcomesOf(model),
  }));
  for (const { model } of attempts) {
    if (!rows.some((row) => row.model === model)) rows.push({ model, reason: undefined, outcomes: outcomesOf(model) });
  }
  return rows.map((row, index) => ({ ...row, position: index + 1 }));
}

// What a person can change comes first; models that were never meant come last.
const rank = ['no_key', 'breaker', 'limit', 'inactive', 'provider', 'key', 'capability', 'context', 'preference'];

export function excludedGroups(leftOut: Route['left_out']): ExcludedGroup[] {
  const groups = new Map<string, ExcludedGroup>();
  for (const { model, why, reason } of leftOut ?? []) {
    const group = groups.get(why) ?? { why, models: [] };
    group.models.push({ model, reason });
    groups.set(why, group);
  }
  const place = ({ why }: ExcludedGroup): number => (rank.indexOf(why) + 1 || rank.length + 1) - 1;
  return [...groups.values()].sort((a, b) => place(a) - place(b));
}
