import { describe, expect, it } from 'vitest';
import { fitting } from './fitting';

describe('tags side by side', () => {
  it('are all shown where they fit', () => expect(fitting(['chat', 'fast'], 104)).toBe(2));
  it('leave room for the number of the rest', () => expect(fitting(['chat', 'coding', 'evening'], 104)).toBe(1));
  it('show the first one, however long', () => expect(fitting(['a-very-long-name-of-a-tag', 'b'], 60)).toBe(1));
  it('are none where there are none', () => expect(fitting([], 60)).toBe(0));
});
