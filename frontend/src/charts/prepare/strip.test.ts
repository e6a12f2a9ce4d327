import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { prepareStrip } from './strip';

const point = (minute: number, total_calls: number, error_calls: number) => ({
  timestamp: new Date(minute * 60_000).toISOString(),
  is_partial: false,
  total_calls,
  error_calls,
});
const texts = (name: string, values?: Record<string, string | number>) =>
  values ? `${name} ${Object.values(values).join(' ')}` : name;
const options = { zone: 'UTC', lang: 'en', texts, names: { failed: 'failed', others: 'others' } } as const;
const series = (data: object[]) => ({ granularity: 'minute', data }) as unknown as Schemas['Series'];

describe('the strip of a range', () => {
  it('has failures at the foot, however few', () => {
    const model = prepareStrip(series([point(0, 1000, 1), point(1, 0, 0)]), options)({ width: 116, height: 36 });
    expect(model.bars.map(({ key }) => key)).toEqual(['failed', 'others']);
    expect(model.bars[0]?.path).toContain('31.5');
    expect(model.samples[0]?.rows.map(({ value }) => value)).toEqual(['1', '999', '1,000']);
  });
  it('says what it shows', () => {
    expect(prepareStrip(series([point(0, 3, 0)]), options)({ width: 116, height: 36 }).summary).toContain(
      'summary 3 3',
    );
    expect(prepareStrip(series([point(0, 0, 0)]), options)({ width: 116, height: 36 }).summary).toBe('nothing');
  });
});
