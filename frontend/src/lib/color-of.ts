/** Colours by name: the same set of names has the same colours on every chart. */
export const slots = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'] as const;

export type SeriesColor = `var(--${(typeof slots)[number] | 's-others'})`;

export const othersColor: SeriesColor = 'var(--s-others)';

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** Names by rank. Each takes the slot of its hash or the next free one; the ninth and later are "others". */
export function colorOf(names: readonly string[]): Map<string, SeriesColor> {
  const taken = new Set<number>();
  const colors = new Map<string, SeriesColor>();
  for (const name of names) {
    if (colors.has(name)) continue;
    if (taken.size === slots.length) {
      colors.set(name, othersColor);
      continue;
    }
    let slot = fnv1a(name) % slots.length;
    while (taken.has(slot)) slot = (slot + 1) % slots.length;
    taken.add(slot);
    colors.set(name, `var(--${slots[slot] ?? 's1'})`);
  }
  return colors;
}
