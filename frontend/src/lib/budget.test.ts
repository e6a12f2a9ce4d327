import { describe, expect, it } from 'vitest';
import { budgetsOf } from './budget';

const spent = (cost: number, tokens = 0) => ({ requests: 1, tokens, cost });
const used = { day: spent(2, 1000), month: spent(20, 90_000), total: spent(50, 500_000) };
const noon = Date.parse('2026-11-27T12:00:00Z');

describe('budgetsOf', () => {
  it('has none without a budget', () => {
    expect(budgetsOf({ budget: null, used }, noon)).toEqual([]);
  });

  it('tells when a day runs out at the pace so far', () => {
    const [use] = budgetsOf({ budget: { usd: 3, per: 'day' }, used }, noon);
    expect(use?.expected).toBeCloseTo(4 / 3);
    expect(use?.runsOutMs).toBe(6 * 3_600_000);
  });

  it('counts the day in the budget’s own zone', () => {
    const [use] = budgetsOf({ budget: { usd: 8, per: 'day', time_zone: 'Asia/Shanghai' }, used }, noon);
    expect(new Date(use?.to ?? 0).toISOString()).toBe('2026-11-27T16:00:00.000Z');
    expect(use?.runsOutMs).toBeUndefined();
  });

  it('knows a month’s ends over the year’s end', () => {
    const december = Date.parse('2026-12-31T12:00:00Z');
    const [use] = budgetsOf({ budget: { tokens: 100_000, per: 'month' }, used }, december);
    expect(new Date(use?.to ?? 0).toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(use).toMatchObject({ unit: 'tokens', used: 90_000, share: 0.9 });
  });

  it('puts the one nearest to its end first, and says that it is used up', () => {
    const [first, second] = budgetsOf({ budget: { usd: 100, tokens: 500_000 }, used }, noon);
    expect(first).toMatchObject({ unit: 'tokens', runsOutMs: 0, per: 'total' });
    expect(second).toMatchObject({ unit: 'usd', share: 0.5, expected: undefined, runsOutMs: undefined });
  });

  it('makes no forecast of the first minutes', () => {
    const soon = Date.parse('2026-11-27T00:10:00Z');
    expect(budgetsOf({ budget: { usd: 3, per: 'day' }, used }, soon)[0]?.expected).toBeUndefined();
  });
});
