import { describe, expect, it } from 'vitest';
import { readJson } from './json-text';

const fault = (text: string, want?: 'object' | 'array'): string => {
  const read = readJson(text, want);
  return 'fault' in read ? `${read.fault.kind} ${read.fault.line}:${read.fault.column}` : 'none';
};

describe('JSON that a person types', () => {
  it('is read', () => expect(readJson('[1, {"a": null}]')).toEqual({ value: [1, { a: null }] }));
  it('may be absent', () => expect(readJson('  \n')).toEqual({ value: undefined }));
  it('must have the wanted form', () => {
    expect(fault('\n {}', 'array')).toBe('array 2:2');
    expect(fault('[]', 'object')).toBe('object 1:1');
    expect(fault('null', 'object')).toBe('object 1:1');
  });
  it.each([
    ['{\n  "a": 1,\n}', 'key 3:1'],
    ['{\n  "a" 1\n}', 'colon 2:7'],
    ['{\n  "a": 1\n  "b": 2\n}', 'comma 3:3'],
    ['{"a": tru}', 'value 1:7'],
    ['{"a": \'x\'}', 'value 1:7'],
    ['{"a": "x\ny"}', 'text 1:9'],
    ['{"a": "\\x"}', 'escape 1:8'],
    ['{"a": [1, 2', 'end 1:12'],
    ['{"a": 01}', 'value 1:7'],
    ['{} {}', 'more 1:4'],
    ['[1,,2]', 'value 1:4'],
  ])('%j is wrong at %s', (text, place) => expect(fault(text)).toBe(place));
});
