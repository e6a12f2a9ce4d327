import { describe, expect, it } from 'vitest';
import { parameterRows } from './prepare-parameters';

describe('the parameters of a call', () => {
  it('says what was not sent, and what was sent in its place', () => {
    const rows = parameterRows(
      [
        ['temperature', 1.5],
        ['seed', 7],
        ['stream', true],
      ],
      { dropped: ['seed', 'cache_control'], adjusted: ['temperature=1', 'max_tokens=100'] },
    );
    expect(rows.map(({ name, value, isDropped, sentAs }) => [name, value, isDropped, sentAs])).toEqual([
      ['temperature', 1.5, false, '1'],
      ['seed', 7, true, undefined],
      ['stream', true, false, undefined],
      ['max_tokens', undefined, false, '100'],
      ['cache_control', undefined, true, undefined],
    ]);
  });
  it('marks nothing where all was sent as it came', () =>
    expect(parameterRows([['n', 1]], { dropped: [], adjusted: [] })).toEqual([
      { name: 'n', value: 1, isDropped: false, sentAs: undefined },
    ]));
});
