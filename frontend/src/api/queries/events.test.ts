import { describe, expect, it } from 'vitest';
import type { Schemas } from '../client';
import { mergeEvents } from './events';

const page = (ids: number[], next_before: number | null = null) =>
  ({ items: ids.map((id) => ({ id })), limit: 3, next_before }) as Schemas['EventList'];

describe('mergeEvents', () => {
  it('takes the newest of all kinds, and goes on after the last one taken', () => {
    const merged = mergeEvents([page([9, 4, 3]), page([8, 7, 1])], 3);
    expect(merged.items.map(({ id }) => id)).toEqual([9, 8, 7]);
    expect(merged.next_before).toBe(7);
  });

  it('ends where every kind has ended', () => {
    expect(mergeEvents([page([2]), page([])], 3).next_before).toBeNull();
    expect(mergeEvents([page([2], 2), page([])], 3).next_before).toBe(2);
  });
});
