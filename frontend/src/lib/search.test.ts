import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { filterSearch, list, pageSearch, parseSearch, stringifySearch } from './search';

describe('the URL', () => {
  it('stays readable', () => {
    expect(stringifySearch({ model: 'openai/gpt-6:free', q: 'a b&c', range: undefined })).toBe(
      '?model=openai/gpt-6:free&q=a%20b%26c',
    );
  });
  it('comes back as it was', () => {
    const search = { range: '7d', q: '熔断 & "quotes"', tag: ['a', 'b'] };
    expect(parseSearch(stringifySearch(search))).toEqual(search);
  });
  it('keeps numbers as text', () => expect(parseSearch('?call=991')).toEqual({ call: '991' }));
});

describe('a schema', () => {
  it('drops what does not fit and never fails', () => {
    expect(v.parse(pageSearch, { range: '7d', live: 'maybe', lang: ['en'] })).toEqual({ range: '7d' });
  });
  it('takes a bound with its sign', () => {
    expect(v.parse(filterSearch, { duration: '>2s', attempts: '1' })).toEqual({ duration: '2s', attempts: '1' });
  });
  it('takes one value as a list', () => expect(v.parse(list, 'a')).toEqual(['a']));
});
