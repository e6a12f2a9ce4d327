import { describe, expect, it } from 'vitest';
import { parsedBody, piecesOf } from './bodies';

describe('bodies', () => {
  it('reads JSON, whole and cut', () => {
    expect(parsedBody('{"a":[1,2]}')).toEqual({ a: [1, 2] });
    expect(parsedBody('{"a":[1,2,3')).toEqual({ a: [1, 2] });
    expect(parsedBody('text')).toBeUndefined();
    expect(parsedBody(null)).toBeUndefined();
  });
  it('reads a stream of events, of lines, and a list', () => {
    expect(piecesOf('event: a\ndata: {"i":1}\n\ndata: [DONE]\n\ndata:{"i":2}\n')).toEqual([{ i: 1 }, { i: 2 }]);
    expect(piecesOf('{"i":1}\n{"i":2}\n{"i"')).toEqual([{ i: 1 }, { i: 2 }]);
    expect(piecesOf('[{"i":1},{"i":2}]')).toEqual([{ i: 1 }, { i: 2 }]);
    expect(piecesOf('{"i":1,"text":"cut of')).toEqual([{ i: 1 }]);
    expect(piecesOf('')).toEqual([]);
  });
});
