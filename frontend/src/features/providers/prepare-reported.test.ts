import { describe, expect, it } from 'vitest';
import type { ReportedModel } from '@/api/queries/reported';
import { bodyOf, groupReported, matching } from './prepare-reported';

const models: ReportedModel[] = [
  { name: 'z-new', state: 'new', suggestion: { tags: ['reasoning'], config: { context_window: 200_000 } } },
  { name: 'a-new', state: 'new', suggestion: { display_name: 'A New', tags: [], config: {} } },
  { name: 'old', state: 'gone', model: 'p/old' },
  { name: 'here', state: 'configured', model: 'p/here' },
];

describe('what an upstream reports', () => {
  it('is grouped by what is configured', () => {
    const { fresh, configured, gone } = groupReported(models);
    expect([fresh, configured, gone].map((some) => some.map(({ name }) => name))).toEqual([
      ['a-new', 'z-new'],
      ['here'],
      ['old'],
    ]);
  });
  it('is found by name and tag', () => {
    expect(matching(models, 'NEW reason').map(({ name }) => name)).toEqual(['z-new']);
    expect(matching(models, ' ')).toHaveLength(4);
  });
  it('is added with what is suggested, and nothing more', () => {
    expect(bodyOf('p', models[0] as ReportedModel)).toEqual({
      name: 'z-new',
      provider: 'p',
      tags: ['reasoning'],
      config: { context_window: 200_000 },
    });
    expect(bodyOf('p', models[1] as ReportedModel)).toEqual({ name: 'a-new', provider: 'p', display_name: 'A New' });
  });
});
