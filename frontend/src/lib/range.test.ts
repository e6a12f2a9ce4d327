import { describe, expect, it } from 'vitest';
import { boundsOf, rangeQuery, readRange, readZone, relativeMs, shifted, writeRange, zoomed } from './range';

const now = Date.UTC(2026, 10, 27, 12);
const hour = 3_600_000;

describe('reading', () => {
  it('is a day by default', () => expect(readRange({})).toEqual({ kind: 'relative', name: '24h', ms: 24 * hour }));
  it('ignores nonsense', () => expect(readRange({ range: 'soon' })).toMatchObject({ name: '24h' }));
  it('has another default where a page says so', () => {
    const range = readRange({}, '30d');
    expect(range).toMatchObject({ name: '30d', ms: 30 * 24 * hour });
    expect(writeRange(range, '30d').range).toBeUndefined();
    expect(writeRange(range).range).toBe('30d');
    expect(writeRange(readRange({}), '30d').range).toBe('24h');
  });
  it('takes two moments', () => {
    const range = readRange({ from: '2026-11-27T10:00:00Z', to: '2026-11-27T11:00:00Z' });
    expect(range).toEqual({ kind: 'fixed', from: now - 2 * hour, to: now - hour });
  });
  it('does not take an end before its beginning', () => {
    expect(readRange({ from: '2026-11-27T11:00:00Z', to: '2026-11-27T10:00:00Z' }).kind).toBe('relative');
  });
  it('goes up to 366 days', () => {
    expect(relativeMs('366d')).toBe(366 * 24 * hour);
    expect(relativeMs('367d')).toBeUndefined();
    expect(relativeMs('0h')).toBeUndefined();
  });
  it('keeps an unknown zone out', () => {
    expect(readZone({ tz: 'Asia/Kathmandu' }, 'UTC')).toBe('Asia/Kathmandu');
    expect(readZone({ tz: 'Mars/Olympus' }, 'UTC')).toBe('UTC');
  });
});

describe('writing', () => {
  it('leaves the default out', () => expect(writeRange(readRange({}))).toEqual({}));
  it('comes back as it was', () => {
    for (const range of [readRange({ range: '7d' }), { kind: 'fixed', from: now - hour, to: now } as const]) {
      expect(readRange(writeRange(range))).toEqual(range);
    }
  });
  it('stays relative towards the API', () =>
    expect(rangeQuery(readRange({ range: '6h' }))).toEqual({ time_range: '6h' }));
});

describe('moving', () => {
  it('shifts by half and stops at now', () => {
    const earlier = shifted(readRange({ range: '6h' }), -1, now);
    expect(boundsOf(earlier, now)).toEqual({ from: now - 9 * hour, to: now - 3 * hour });
    expect(boundsOf(shifted(earlier, 1, now), now).to).toBe(now);
    expect(boundsOf(shifted(shifted(earlier, 1, now), 1, now), now).to).toBe(now);
  });
  it('zooms through the presets', () => {
    expect(zoomed(readRange({}), 'in', now)).toMatchObject({ name: '6h' });
    expect(zoomed(readRange({}), 'out', now)).toMatchObject({ name: '7d' });
    expect(zoomed(readRange({ range: '90d' }), 'out', now)).toMatchObject({ name: '90d' });
  });
  it('halves a fixed range around its middle', () => {
    const range = { kind: 'fixed', from: now - 4 * hour, to: now - 2 * hour } as const;
    expect(zoomed(range, 'in', now)).toEqual({ kind: 'fixed', from: now - 3.5 * hour, to: now - 2.5 * hour });
  });
});
