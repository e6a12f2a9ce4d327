import { describe, expect, it } from 'vitest';
import { arrived, type Call, lastIdOf, merged, noTail, released } from './tail';

const call = (id: number, second = id): Call =>
  ({ id, started_at: new Date(second * 1000).toISOString() }) as unknown as Call;
const ids = (calls: readonly Call[]) => calls.map(({ id }) => id);

describe('the tail of the list', () => {
  it('has each call once, the newest on top', () => {
    const first = arrived(noTail, [call(1), call(3)], false);
    expect(ids(arrived(first, [call(3), call(2)], false).shown)).toEqual([3, 2, 1]);
  });
  it('holds what comes while one reads further down', () => {
    const away = arrived(arrived(noTail, [call(1)], false), [call(2), call(3)], true);
    expect([ids(away.shown), away.held.length]).toEqual([[1], 2]);
    expect(ids(released(away).shown)).toEqual([3, 2, 1]);
    expect(ids(arrived(away, [call(4)], false).shown)).toEqual([4, 3, 2, 1]);
  });
  it('keeps the list as it is when nothing is new', () => {
    const loaded = [call(2), call(1)];
    expect(merged(loaded, [])).toBe(loaded);
  });
  it('puts a long call where it began, and none twice', () => {
    const loaded = [call(5), call(4), call(2)];
    expect(ids(merged(loaded, [call(7), call(4), call(6, 3)]))).toEqual([7, 5, 4, 6, 2]);
    expect(ids(merged(loaded, [call(8, 0)]))).toEqual([5, 4, 2, 8]);
  });
  it('goes on after the highest id, which need not be the first', () => {
    expect(lastIdOf([call(5), call(9, 2)])).toBe(9);
    expect(lastIdOf([])).toBeUndefined();
  });
});
