import { describe, expect, it } from 'vitest';
import { csvRows, jsonRows, type RowCounter, shareOfRows } from './rows-in';

const encoder = new TextEncoder();
const counted = (counter: RowCounter, ...texts: string[]) => texts.map((text) => counter(encoder.encode(text))).at(-1);

describe('the rows of an export', () => {
  it('of CSV: a line end within a text is none', () =>
    expect(counted(csvRows(), 'ID,Text\r\n1,"two\nli', 'nes ""quoted"""\r\n2,x\r\n')).toBe(2));
  it('of JSON, over the borders of chunks', () =>
    expect(counted(jsonRows(), '{"export_time":1,"invocations":[{"i', 'd":1,"p":"{\\"id\\":"},{"id":2}', ']}')).toBe(
      2,
    ));
  it('of a file with a length', () => {
    const counter = shareOfRows(10, 8);
    expect(counted(counter, 'abcd')).toBe(5);
    expect(counted(counter, 'efghij')).toBe(10);
  });
});
