import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { allowedOf, allowsNothing, chosen, findKey, type Key, rowsOf } from './rows';

const spent = { requests: 0, tokens: 0, cost: 0 };
const key = (id: number, more: Partial<Key> = {}): Key => ({
  id,
  name: `key ${id}`,
  prefix: `sk-${id}`,
  role: 'user',
  origin: 'api',
  state: 'active',
  is_active: true,
  created_at: '2026-11-01T00:00:00Z',
  updated_at: '2026-11-01T00:00:00Z',
  expires_at: null,
  revoked_at: null,
  previous_valid_until: null,
  used: { day: spent, month: spent, total: spent },
  left: { budget: null, requests_this_minute: null, tokens_this_minute: null },
  last_used_at: null,
  ...more,
});
const now = Date.parse('2026-11-27T12:00:00Z');
const use = (isOthers: boolean) =>
  ({
    groups: [{ group_name: 'key 1', is_others: isOthers }],
    data: [
      { api_key_id: 1, total_calls: 2 },
      { api_key_id: null, total_calls: 9 },
      { api_key_id: 1, total_calls: 3 },
    ],
  }) as unknown as Schemas['GroupedSeries'];

describe('rows of keys', () => {
  it('has the calls of each day; none is 0 only where all keys are named', () => {
    expect(rowsOf([key(1), key(2)], use(false), now).map(({ calls, days }) => [calls, days])).toEqual([
      [5, [2, 3]],
      [0, []],
    ]);
    expect(rowsOf([key(2)], use(true), now)[0]?.calls).toBeUndefined();
    expect(rowsOf([key(2)], undefined, now)[0]?.days).toBeUndefined();
  });

  it('finds a key by id and by name, one in use first', () => {
    const rows = rowsOf(
      [key(1, { name: 'ci', revoked_at: '2026-11-02T00:00:00Z' }), key(2, { name: 'ci' })],
      undefined,
      now,
    );
    expect(findKey(rows, '1')?.key.id).toBe(1);
    expect(findKey(rows, 'ci')?.key.id).toBe(2);
    expect(findKey(rows, 'cd')).toBeUndefined();
  });

  it('leaves revoked ones out until asked for', () => {
    const rows = rowsOf([key(1, { revoked_at: '2026-11-02T00:00:00Z' }), key(2)], undefined, now);
    expect(chosen(rows, {}).map(({ key: { id } }) => id)).toEqual([2]);
    expect(chosen(rows, { revoked: '1', q: 'SK-1' }).map(({ key: { id } }) => id)).toEqual([1]);
  });

  it('says what is allowed', () => {
    expect(allowedOf(key(1))).toBeUndefined();
    expect(allowedOf(key(1, { allowed_models: ['openai/*'], allowed_tags: ['fast'] }))).toEqual([
      'openai/*',
      'tag:fast',
    ]);
    expect(allowsNothing(key(1, { allowed_ips: [] }))).toBe(true);
    expect(allowsNothing(key(1, { allowed_models: ['a'] }))).toBe(false);
  });
});
