import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { prepareDayBars } from './day-bars';
import { forecast, runsOutIn } from './forecast';
import { monthOf, prepareMonth, standingOf } from './month';

const day = 86_400_000;

describe('the forecast', () => {
  it('goes on at the pace of the whole days', () => {
    const { actual, expected, end } = forecast([10, 10, 4], 5, true);
    expect(actual).toEqual([10, 20, 24, undefined, undefined]);
    expect(expected).toEqual([undefined, undefined, 24, 40, 50]);
    expect(end).toBe(50);
  });
  it('widens with time and never falls below what is spent', () => {
    const { low, high, expected } = forecast([5, 20], 4, false);
    expect(low[3] ?? 0).toBeGreaterThanOrEqual(25);
    expect((high[3] ?? 0) - (expected[3] ?? 0)).toBeGreaterThan((high[2] ?? 0) - (expected[2] ?? 0));
  });
  it('does not count the days before the first spending', () => {
    expect(forecast([0, 0, 0, 10, 2], 6, true).end).toBe(30);
    expect(forecast([0, 0, 0, 10, 2], 6, true).basis).toBe(1);
  });
  it('says nothing where nothing is known', () => {
    const { expected, basis, end } = forecast([3], 5, true);
    expect(expected.every((value) => value === undefined)).toBe(true);
    expect([basis, end]).toEqual([0, 3]);
    expect(forecast([], 5, true).basis).toBe(0);
  });
  it('is sure of days that are all alike, and less sure after one day', () => {
    const steady = forecast([10, 10, 10, 10], 8, false);
    expect(steady.high[7]).toBe(80);
    const single = forecast([10], 3, false);
    expect(single.high[2] ?? 0).toBeGreaterThan(30);
  });
  it('knows weekdays once two weeks are known', () => {
    // Monday to Sunday, twice; the running day is a Monday.
    const weeks = [10, 10, 10, 10, 10, 0, 0, 10, 10, 10, 10, 10, 0, 0];
    const { expected, high } = forecast([4], 8, true, weeks);
    expect(expected.slice(1)).toEqual([20, 30, 40, 50, 50, 50, 60]);
    expect(high[7]).toBe(60);
  });
  it('adds what the last day of a period still lacks', () => {
    expect(forecast([10, 10, 4], 3, true).end).toBe(30);
  });
  it('says when a budget ends', () => {
    expect(runsOutIn(50, 100, 10, 100)).toBe(10);
    expect(runsOutIn(50, 100, 10, 5)).toBeUndefined();
    expect(runsOutIn(0, 100, 10, 5)).toBeUndefined();
  });
});

describe('the month', () => {
  it('begins and ends at midnights of its zone, across a change of the clock', () => {
    const { from, to } = monthOf(Date.UTC(2026, 9, 15), 'Europe/Berlin');
    expect(new Date(from).toISOString()).toBe('2026-09-30T22:00:00.000Z');
    expect(new Date(to).toISOString()).toBe('2026-10-31T23:00:00.000Z');
    expect(new Date(monthOf(Date.UTC(2026, 11, 31, 20), 'Asia/Kathmandu').from).getUTCMonth()).toBe(11);
  });

  const now = Date.UTC(2026, 10, 27, 12);
  const point = (at: number, total_cost?: number): Schemas['Point'] => ({
    timestamp: new Date(at).toISOString(),
    is_partial: false,
    total_calls: 1,
    success_calls: 1,
    error_calls: 0,
    cancelled_calls: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    total_tokens: 0,
    unpriced_calls: 0,
    ...(total_cost === undefined ? {} : { total_cost }),
  });
  const first = Date.UTC(2026, 10, 1);
  const points = Array.from({ length: 27 }, (_, index) =>
    point(first + index * day, index < 24 ? undefined : index === 26 ? 4 : 10),
  );

  it('has all days, spent to now and expected after', () => {
    const month = prepareMonth(points, 'UTC', now);
    expect(month.days).toHaveLength(30);
    expect(month.spent).toBe(24);
    expect(month.isKnown).toBe(true);
    expect(month.actual[26]).toBe(24);
    expect(month.expected[29]).toBe(60);
    expect(month.between).toEqual({ low: 60, high: 60 });
  });

  it('says how a budget stands', () => {
    const month = prepareMonth(points, 'UTC', now);
    expect(standingOf(month, 20)).toEqual({ is: 'over' });
    expect(standingOf(month, 45)).toEqual({ is: 'ends', at: first + 28 * day });
    expect(standingOf(month, 100)).toEqual({ is: 'lasts' });
    expect(standingOf(prepareMonth([], 'UTC', now), 1)).toEqual({ is: 'unknown' });
  });
});

describe('bars of days', () => {
  it('draws whole days and running ones apart, and none for nothing', () => {
    const values = [
      { amount: 10, isPartial: false },
      { amount: 0, isPartial: false },
      { amount: 0.01, isPartial: true },
    ];
    const { path, pale } = prepareDayBars(values, { width: 90, height: 41 });
    expect(path).toBe('M2 41V1H26V41Z');
    expect(pale).toBe('M62 41V40H86V41Z');
  });
  it('stands without values', () => {
    expect(prepareDayBars([], { width: 90, height: 40 })).toMatchObject({ path: '', pale: '' });
  });
});
