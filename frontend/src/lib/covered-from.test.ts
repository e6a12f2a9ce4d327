import { expect, it } from 'vitest';
import { coveredFrom } from './covered-from';

it('tells since when figures are known, where it is more than a minute too late', () => {
  const start_time = '2026-11-27T12:00:00Z';
  const of = (covered_from: string) => coveredFrom({ covered_from, start_time });
  expect(of('2026-11-27T12:00:00.5Z')).toBeUndefined();
  expect(of('2026-11-27T12:01:00Z')).toBeUndefined();
  expect(of('2026-11-27T12:02:00Z')).toBe('2026-11-27T12:02:00Z');
  expect(of('2026-11-27T11:00:00Z')).toBeUndefined();
});
