import type { Schemas } from '@/api/client';
import { runsOutIn } from '@/charts/prepare/forecast';
import { momentOf, startOfDay, wallOf } from './zone';

/** One budget of a key: what is used of it now, and what the pace so far makes of it. */
export interface BudgetUse {
  unit: 'usd' | 'tokens';
  used: number;
  limit: number;
  /** 0..1 and beyond. */
  share: number;
  per: 'day' | 'month' | 'total';
  /** The period's ends; a total has none. */
  from: number | undefined;
  to: number | undefined;
  /** The share at the period's end at the pace so far. */
  expected: number | undefined;
  /** Until it is used up, where that is before the period's end; 0 when it is. */
  runsOutMs: number | undefined;
}

type Key = Pick<Schemas['KeyView'], 'budget' | 'used'>;

// A pace needs some time to be one: a single call at midnight says nothing about the day.
const leastElapsed = 0.02;

/** The budgets of a key, the one that is nearest to its end first. */
export function budgetsOf({ budget, used }: Key, now: number): BudgetUse[] {
  if (!budget) return [];
  const per = budget.per ?? 'total';
  const period = per === 'total' ? undefined : periodOf(per, budget.time_zone ?? 'UTC', now);
  const spent = used[per];
  const uses: BudgetUse[] = [];
  const add = (unit: BudgetUse['unit'], amount: number, limit: number | null | undefined): void => {
    if (limit === null || limit === undefined) return;
    uses.push({ unit, used: amount, limit, share: limit > 0 ? amount / limit : 1, per, ...outlook(amount, limit) });
  };
  const outlook = (amount: number, limit: number) => {
    const ends = { from: period?.from, to: period?.to };
    if (amount >= limit) return { ...ends, expected: undefined, runsOutMs: 0 };
    if (!period) return { ...ends, expected: undefined, runsOutMs: undefined };
    const elapsed = now - period.from;
    const length = period.to - period.from;
    if (amount === 0 || elapsed < length * leastElapsed) return { ...ends, expected: undefined, runsOutMs: undefined };
    return {
      ...ends,
      expected: ((amount / elapsed) * length) / limit,
      runsOutMs: runsOutIn(amount, limit, elapsed, period.to - now),
    };
  };
  add('usd', spent.cost, budget.usd);
  add('tokens', spent.tokens, budget.tokens);
  return uses.sort((a, b) => b.share - a.share);
}

function periodOf(per: 'day' | 'month', zone: string, now: number): { from: number; to: number } {
  if (per === 'day') return { from: startOfDay(now, zone), to: startOfDay(now, zone, 1) };
  const { year, month } = wallOf(now, zone);
  const first = { day: 1, hour: 0, minute: 0 };
  return {
    from: momentOf({ year, month, ...first }, zone),
    to: momentOf({ year, month: month + 1, ...first }, zone),
  };
}
