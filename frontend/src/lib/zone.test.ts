import { describe, expect, it } from 'vitest';
import { dateLabel, isoOf, isZone, momentLabel, momentOf, offsetOf, startOfDay, wallOf } from './zone';

const hour = 3_600_000;

describe('zones', () => {
  it('knows the quarter-hour offset of Nepal', () => {
    const at = Date.UTC(2026, 10, 27, 12, 0);
    expect(offsetOf(at, 'Asia/Kathmandu')).toBe(345);
    expect(isoOf(at, 'Asia/Kathmandu')).toBe('2026-11-27T17:45:00+05:45');
    expect(startOfDay(at, 'Asia/Kathmandu')).toBe(Date.UTC(2026, 10, 26, 18, 15));
  });

  it('has a day of 23 hours in spring and one of 25 in autumn', () => {
    const zone = 'Europe/Berlin';
    const spring = Date.UTC(2026, 2, 29, 12);
    expect(startOfDay(spring, zone, 1) - startOfDay(spring, zone)).toBe(23 * hour);
    const autumn = Date.UTC(2026, 9, 25, 12);
    expect(startOfDay(autumn, zone, 1) - startOfDay(autumn, zone)).toBe(25 * hour);
  });

  it('finds the moment of a wall clock and back', () => {
    const wall = { year: 2026, month: 7, day: 4, hour: 9, minute: 30 };
    expect(wallOf(momentOf(wall, 'America/New_York'), 'America/New_York')).toMatchObject(wall);
  });

  it('tells a zone from nonsense', () => {
    expect(isZone('Asia/Shanghai')).toBe(true);
    expect(isZone('Mars/Olympus')).toBe(false);
  });
});

describe('moments', () => {
  const now = Date.UTC(2026, 10, 27, 13, 0);
  it('is short today', () => {
    expect(momentLabel(Date.UTC(2026, 10, 27, 12, 48, 50, 226), 'UTC', 'en', now)).toBe('12:48:50.226');
  });
  it('has its day this year', () => {
    expect(momentLabel(Date.UTC(2026, 10, 12, 10, 40), 'UTC', 'en', now)).toBe('12 Nov 10:40');
    expect(momentLabel(Date.UTC(2026, 10, 12, 10, 40), 'UTC', 'zh', now)).toBe('11月12日 10:40');
  });
  it('has its year before', () => {
    expect(momentLabel(Date.UTC(2025, 10, 27, 12, 48), 'UTC', 'en', now)).toBe('2025-11-27 12:48');
  });
  it('crosses midnight with the zone', () => {
    expect(dateLabel(Date.UTC(2026, 10, 27, 18, 0), 'Asia/Shanghai', 'en')).toBe('28 Nov');
  });
});
