import { colorOf, othersColor } from '@/lib/color-of';

/** Colours for the groups of a chart: models, providers, keys, tags by name; "others" always grey. */
export function groupColours(groups: readonly { group_name: string; is_others: boolean }[]): Map<string, string> {
  const colours: Map<string, string> = new Map(
    colorOf(groups.filter(({ is_others }) => !is_others).map(({ group_name }) => group_name)),
  );
  for (const { group_name, is_others } of groups) if (is_others) colours.set(group_name, othersColor);
  return colours;
}

const failureSlots = ['var(--bad)', 'var(--warn)', 'var(--info)', 'var(--idle)'] as const;

/** A failure's class has a state's colour: what the provider broke is bad, what it limited is a warning. */
function wanted(code: string): number {
  if (/rate|quota|capacity|saturat|limit/.test(code)) return 1;
  if (/reject|invalid|bad_request|not_found|unsupported|too_large/.test(code)) return 2;
  return 0;
}

export function failureColours(codes: readonly string[]): Map<string, string> {
  const taken = new Set<number>();
  const colours = new Map<string, string>();
  for (const code of codes) {
    const first = wanted(code);
    const free = [first, 0, 1, 2].find((slot) => !taken.has(slot)) ?? 3;
    taken.add(free);
    colours.set(code, failureSlots[free] ?? 'var(--idle)');
  }
  return colours;
}

export const heatColours = [0, 1, 2, 3, 4, 5].map((step) => `var(--heat-${step})`);
