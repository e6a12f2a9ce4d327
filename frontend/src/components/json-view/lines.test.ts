import { describe, expect, it } from 'vitest';
import { closed } from '@/lib/json-cut';
import { findLines, jsonLines, linesOf, visibleLines } from './lines';

const lines = jsonLines({ model: 'gpt', messages: [{ role: 'user' }], tools: [], n: 1 });

describe('JSON as lines', () => {
  it('has a line a value', () => {
    expect(lines.map(({ depth, key, text }) => `${' '.repeat(depth)}${key ? `${key}: ` : ''}${text}`)).toEqual([
      '{',
      ' model: "gpt",',
      ' messages: [',
      '  {',
      '   role: "user"',
      '  }',
      ' ],',
      ' tools: [],',
      ' n: 1',
      '}',
    ]);
  });
  it('folds', () =>
    expect(visibleLines(lines, new Set([2])).map((index) => lines[index]?.text)).toEqual([
      '{',
      '"gpt",',
      '[',
      '[],',
      '1',
      '}',
    ]));
  it('finds keys and values', () => expect(findLines(lines, 'USER')).toEqual([4]));
  it('keeps what is no JSON as text', () =>
    expect(linesOf('data: {"a"\n\n').map(({ text }) => text)).toEqual(['data: {"a"', '', '']));
  it('closes a document that was cut', () => {
    expect(closed('{"a":[1,{"b":"x,]\\""},3,{"c":4')).toBe('{"a":[1,{"b":"x,]\\""},3]}');
    expect(linesOf('[{"i":0},{"i":1},{"i')).toHaveLength(8);
  });
  it('shortens a picture', () => expect(jsonLines({ url: 'x'.repeat(9000) })[1]?.text.length).toBeLessThan(4100));
});
