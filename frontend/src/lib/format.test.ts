import { describe, expect, it } from 'vitest';
import { bytes, changeOf, count, middleCut, money, pointsOf, share, span, speed, unknown, wholeCount } from './format';

describe('counts', () => {
  it.each([
    [0, '0'],
    [942, '942'],
    [999.6, '1.0k'],
    [12_412, '12.4k'],
    [999_940, '999.9k'],
    [999_960, '1.00M'],
    [3_712_000, '3.71M'],
    [412_000_000, '412M'],
    [2_340_000_000, '2.34G'],
    [null, unknown],
    [undefined, unknown],
    [Number.NaN, unknown],
  ])('%s is %s', (value, text) => expect(count(value)).toBe(text));

  it('writes the whole number for titles', () => expect(wholeCount(128_412)).toBe('128,412'));
});

describe('money', () => {
  it.each([
    [0, '$0'],
    [0.000012, '$0.000012'],
    [0.01834, '$0.0183'],
    [0.5, '$0.5'],
    [0.9996, '$1.00'],
    [61.418, '$61.42'],
    [999.999, '$1,000'],
    [1204.3, '$1,204'],
    [-3.5, '−$3.50'],
    [null, unknown],
  ])('%s is %s', (value, text) => expect(money(value)).toBe(text));
});

describe('time spans', () => {
  it.each([
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [9.96, '10 ms'],
    [412.3, '412 ms'],
    [999.7, '1.00 s'],
    [3210, '3.21 s'],
    [14_800, '14.8 s'],
    [59_960, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [11_520_000, '3 h 12 m'],
    [345_600_000, '4 d'],
    [undefined, unknown],
  ])('%s is %s', (ms, text) => expect(span(ms)).toBe(text));
});

describe('shares', () => {
  it.each([
    [0, '0 %'],
    [0.004, '0.4 %'],
    [0.62, '62 %'],
    [0.98624, '98.62 %'],
    [0.994, '99.4 %'],
    [0.99999, '99.99 %'],
    [1, '100 %'],
    [null, unknown],
  ])('%s is %s', (rate, text) => expect(share(rate)).toBe(text));
});

describe('changes', () => {
  it('is in percent for amounts', () => expect(changeOf(112, 100)).toEqual({ direction: 'up', size: '12 %' }));
  it('is in points for shares', () => expect(pointsOf(0.981, 0.99)).toEqual({ direction: 'down', size: '0.9 pt' }));
  it('says when nothing changed', () => expect(changeOf(100, 100)?.direction).toBe('same'));
  it('stops counting against next to nothing', () => expect(changeOf(900, 3)?.size).toBe('> 999 %'));
  it('says nothing against an empty period', () => expect(changeOf(5, 0)).toBeUndefined());
});

it('cuts a name in its middle', () => {
  expect(middleCut('openrouter/meta-llama/llama-4-maverick-instruct:free', 24)).toBe(
    'openrouter/me…truct:free'.slice(0, 24),
  );
  expect(middleCut('glm/glm-5.2', 24)).toBe('glm/glm-5.2');
});

it('writes speed with three digits and sizes in decimal units', () => {
  expect(speed(71.42)).toBe('71.4');
  expect(bytes(65_536)).toBe('65.5 kB');
});
