/** Cost to date and what it will probably be at the period's end. */
export interface Forecast {
  /** Sums from the period's beginning, one a step; undefined after now. */
  actual: (number | undefined)[];
  /** From the last known step on. */
  expected: (number | undefined)[];
  low: (number | undefined)[];
  high: (number | undefined)[];
  end: number;
}

// What was spent in the last days tells more about tomorrow than what was spent weeks ago.
const remembered = 14;

/** `spent` is one amount a step so far, the last one perhaps still running; `steps` is the whole period. */
export function forecast(spent: readonly number[], steps: number, isLastRunning: boolean): Forecast {
  const actual: (number | undefined)[] = new Array(steps).fill(undefined);
  let sum = 0;
  for (const [index, amount] of spent.slice(0, steps).entries()) {
    sum += amount;
    actual[index] = sum;
  }
  const whole = (isLastRunning ? spent.slice(0, -1) : spent).slice(-remembered);
  const blank = (): (number | undefined)[] => new Array(steps).fill(undefined);
  const [expected, low, high] = [blank(), blank(), blank()];
  if (whole.length === 0) return { actual, expected, low, high, end: sum };

  const mean = whole.reduce((total, amount) => total + amount, 0) / whole.length;
  const spread = Math.sqrt(whole.reduce((total, amount) => total + (amount - mean) ** 2, 0) / whole.length);
  const last = Math.min(spent.length, steps) - 1;
  const rest = isLastRunning ? Math.max(0, mean - (spent.at(-1) ?? 0)) : 0;
  for (let index = last; index < steps; index += 1) {
    const ahead = index - last;
    const value = index === last ? sum : sum + rest + mean * ahead;
    const width = spread * Math.sqrt(ahead);
    expected[index] = value;
    low[index] = Math.max(sum, value - width);
    high[index] = value + width;
  }
  return { actual, expected, low, high, end: expected.at(-1) ?? sum };
}

/** Milliseconds until a budget is used up at the pace so far; undefined when it lasts to the period's end. */
export function runsOutIn(used: number, budget: number, elapsedMs: number, leftMs: number): number | undefined {
  if (used >= budget) return 0;
  if (used <= 0 || elapsedMs <= 0) return undefined;
  const ms = ((budget - used) / used) * elapsedMs;
  return ms < leftMs ? ms : undefined;
}
