/** Cost to date and what it will probably be at the period's end. */
export interface Forecast {
  /** Sums from the period's beginning, one a step; undefined after now. */
  actual: (number | undefined)[];
  /** From the last known step on. */
  expected: (number | undefined)[];
  low: (number | undefined)[];
  high: (number | undefined)[];
  end: number;
  /** Whole steps that it rests on; without one there is no forecast. */
  basis: number;
}

const week = 7;
// What was spent in the last weeks tells more about tomorrow than what was spent a quarter ago.
const remembered = 4 * week;
const rememberedDays = 2 * week;

/** The steps that tell the pace, by their place before the first one that is not over yet. */
interface Pace {
  /** What the step that lies so far ahead will come to; 0 is the running one. */
  of: (ahead: number) => number;
  spread: number;
  basis: number;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Weekdays differ, so each has its own mean once two whole weeks are known; before that, all days are alike. Days
 * before the first spending tell nothing: the router, the key or the model was not in use yet.
 */
function paceOf(history: readonly number[]): Pace | undefined {
  const first = history.findIndex((amount) => amount > 0);
  if (first < 0) return undefined;
  const known = history.slice(first).slice(-remembered);
  const isWeekly = known.length >= 2 * week;
  const used = isWeekly ? known : known.slice(-rememberedDays);
  const all = mean(used);
  const alike = (ahead: number): number[] => used.filter((_, index) => (used.length - index + ahead) % week === 0);
  const of = (ahead: number): number => (isWeekly ? mean(alike(ahead)) : all);
  // The step at `index` lies `used.length - index` before the running one.
  const squares = used.map((amount, index) => (amount - of(index - used.length + 4 * week)) ** 2);
  const freedom = used.length - (isWeekly ? week : 1);
  // One day says little: half of it either way.
  const spread = freedom > 0 ? Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / freedom) : all / 2;
  return { of, spread, basis: used.length };
}

/**
 * `spent` is one amount a step so far, the last one perhaps still running; `steps` is the whole period; `before` are
 * whole steps that lie before it.
 */
export function forecast(
  spent: readonly number[],
  steps: number,
  isLastRunning: boolean,
  before: readonly number[] = [],
): Forecast {
  const blank = (): (number | undefined)[] => new Array(steps).fill(undefined);
  const [actual, expected, low, high] = [blank(), blank(), blank(), blank()];
  let sum = 0;
  for (const [index, amount] of spent.slice(0, steps).entries()) {
    sum += amount;
    actual[index] = sum;
  }
  const pace = paceOf([...before, ...(isLastRunning ? spent.slice(0, -1) : spent)]);
  if (!pace) return { actual, expected, low, high, end: sum, basis: 0 };

  const last = Math.min(spent.length, steps) - 1;
  // The running step is as long as the others: what it still lacks comes on top.
  let value = sum + (isLastRunning ? Math.max(0, pace.of(0) - (spent.at(-1) ?? 0)) : 0);
  expected[last] = low[last] = high[last] = sum;
  for (let index = last + 1; index < steps; index += 1) {
    const ahead = index - last;
    value += pace.of(isLastRunning ? ahead : ahead - 1);
    // The days scatter, and so does the mean that they are expected to have.
    const width = pace.spread * Math.sqrt(ahead + ahead ** 2 / pace.basis);
    expected[index] = value;
    low[index] = Math.max(sum, value - width);
    high[index] = value + width;
  }
  return { actual, expected, low, high, end: value, basis: pace.basis };
}

/** Milliseconds until a budget is used up at the pace so far; undefined when it lasts to the period's end. */
export function runsOutIn(used: number, budget: number, elapsedMs: number, leftMs: number): number | undefined {
  if (used >= budget) return 0;
  if (used <= 0 || elapsedMs <= 0) return undefined;
  const ms = ((budget - used) / used) * elapsedMs;
  return ms < leftMs ? ms : undefined;
}
