import { expect, it } from 'vitest';
import { placeBelow } from './base';

it('leads a page below the path of the router, and leaves one that is there', () => {
  const cases = [
    ['/', '/ui/calls', undefined],
    ['/', '/', undefined],
    ['/a/b/', '/a/b/ui/calls', undefined],
    ['/a/b/', '/a/b/', undefined],
    ['/a/b/', '/a/b', '/a/b/'],
    ['/a/b/', '/', '/a/b/'],
    ['/a/b/', '/ui/calls', '/a/b/ui/calls'],
    ['/a/b/', '//elsewhere.example', '/a/b/elsewhere.example'],
  ] as const;
  for (const [base, pathname, expected] of cases) expect(placeBelow(base, pathname), pathname).toBe(expected);
});
