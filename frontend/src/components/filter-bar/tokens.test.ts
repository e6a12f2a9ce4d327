import { describe, expect, it } from 'vitest';
import { type FilterField, readTokens, suggest, writeToken } from './tokens';

const fields: FilterField[] = [
  {
    name: 'status',
    label: 'Status',
    kind: 'value',
    options: [
      { value: 'error', count: 3 },
      { value: 'success', count: 9 },
    ],
  },
  { name: 'model', label: 'Model', kind: 'value' },
  { name: 'duration', label: 'Duration', kind: 'bound', examples: ['1s', '5s'] },
  { name: 'unpriced', label: 'Without a price', kind: 'flag' },
];

describe('the filter bar', () => {
  it('reads tokens and leaves the search', () => {
    expect(readTokens('status:error model:openai/* duration>2s unpriced slow haiku', fields)).toEqual({
      tokens: [
        { name: 'status', value: 'error' },
        { name: 'model', value: 'openai/*' },
        { name: 'duration', value: '2s' },
        { name: 'unpriced', value: '1' },
      ],
      rest: 'slow haiku',
    });
  });
  it('does not take a bound for a value', () => expect(readTokens('duration:2s', fields).rest).toBe('duration:2s'));
  it('leaves what it does not know', () =>
    expect(readTokens('http://x status: a', fields).rest).toBe('http://x status: a'));
  it('quotes blanks', () => {
    const token = { name: 'model', value: 'a b' };
    expect(readTokens(writeToken(token, fields[1]), fields).tokens).toEqual([token]);
  });
  it('suggests names, then values with counts', () => {
    expect(suggest('sta', fields).map(({ text }) => text)).toEqual(['status:']);
    expect(suggest('duration>', fields).map(({ text }) => text)).toEqual(['duration>1s', 'duration>5s']);
    expect(suggest('haiku status:err', fields)).toEqual([{ text: 'status:error', label: 'error', count: 3 }]);
  });
});
