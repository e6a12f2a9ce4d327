// Of 12 px text: a letter, the padding and gap of a chip, and what `+12` takes.
const [letter, chip, more] = [6.3, 16, 24];

/** How many tags fit side by side; the first is always shown, cut if need be. */
export function fitting(tags: readonly string[], width: number): number {
  let used = 0;
  for (const [index, tag] of tags.entries()) {
    used += [...tag].length * letter + chip;
    const isLast = index === tags.length - 1;
    if (index > 0 && used + (isLast ? 0 : more) > width) return index;
  }
  return tags.length;
}
