import { expect, it } from 'vitest';
import { colorOf, fnv1a, othersColor } from './color-of';

const names = Array.from({ length: 11 }, (_, index) => `provider/model-${index}`);

it('hashes as FNV-1a does', () => {
  expect(fnv1a('')).toBe(0x811c9dc5);
  expect(fnv1a('a')).toBe(0xe40c292c);
});

it('gives eight different colours, then others', () => {
  const colors = colorOf(names);
  expect(new Set(names.slice(0, 8).map((name) => colors.get(name))).size).toBe(8);
  expect(names.slice(8).map((name) => colors.get(name))).toEqual([othersColor, othersColor, othersColor]);
});

it('is the same for the same set', () => {
  expect([...colorOf(names)]).toEqual([...colorOf([...names])]);
});

it('keeps the colour of a name whose slot is free', () => {
  expect(colorOf(['glm/glm-5.2']).get('glm/glm-5.2')).toBe(colorOf(['glm/glm-5.2', 'x']).get('glm/glm-5.2'));
});
