import { expect, it } from 'vitest';
import { isWithin, rangeOf } from './range-of';

const now = Date.parse('2026-11-27T12:00:00Z');
const session = (first: string, last: string) => ({
  first: { started_at: first },
  last: { started_at: last, completed_at: last },
});

it('a session that is over has its own ends, in whole seconds', () => {
  const over = session('2026-11-26T08:00:00.7Z', '2026-11-26T09:30:00.2Z');
  expect(rangeOf(over, now)).toEqual({
    kind: 'fixed',
    from: Date.parse('2026-11-26T08:00:00Z'),
    to: Date.parse('2026-11-26T09:30:02Z'),
  });
});
it('one that goes on stays relative, and does not leave its range soon', () => {
  const name = (first: string) => {
    const range = rangeOf(session(first, '2026-11-27T11:59:00Z'), now);
    return range.kind === 'relative' ? range.name : 'fixed';
  };
  expect(name('2026-11-27T11:50:00Z')).toBe('6h');
  expect(name('2026-11-27T06:30:00Z')).toBe('24h');
  expect(name('2026-11-20T12:00:00Z')).toBe('30d');
  expect(name('2026-01-01T00:00:00Z')).toBe('fixed');
});
it('tells whether the range shows all of it', () => {
  const one = session('2026-11-27T10:00:00Z', '2026-11-27T11:00:00Z');
  expect(isWithin(one, now - 3 * 3_600_000, now)).toBe(true);
  expect(isWithin(one, now - 3_600_000, now)).toBe(false);
  expect(isWithin(one, now - 3 * 3_600_000, now - 2 * 3_600_000)).toBe(false);
});
