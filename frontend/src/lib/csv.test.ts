import { expect, it } from 'vitest';
import { csvOf } from './csv';

it('writes whole numbers, quotes what needs it and leaves out what is unknown', () => {
  const text = csvOf(
    ['Model', 'Cost'],
    [
      ['openai/gpt-6, "mini"', 0.00000012],
      ['glm/glm-5.2', undefined],
    ],
  );
  expect(text).toBe('\uFEFFModel,Cost\r\n"openai/gpt-6, ""mini""",0.00000012\r\nglm/glm-5.2,\r\n');
});

it('keeps a spreadsheet from reading a name as a formula', () => {
  expect(csvOf(['a'], [['=1+1'], [-1]])).toBe("\uFEFFa\r\n'=1+1\r\n-1\r\n");
});
