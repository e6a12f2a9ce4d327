import type { Schemas } from '@/api/client';
import type { Measure } from '@/charts/prepare/stack';
import { type CsvCell, csvOf } from '@/lib/csv';
import { type GroupBy, localKey, namedFigures } from '@/lib/group-by';

/** A line of the table of usage, and its last line. */
export interface UsageRow {
  key: string;
  /** `none`: calls that reached no model or provider; `others`: what an answer leaves out. */
  kind: 'group' | 'local' | 'none' | 'others' | 'total';
  calls: number;
  prompt: number;
  cached: number;
  completion: number;
  reasoning: number;
  tokens: number;
  /** Unknown where no call of it has a known price. */
  cost: number | undefined;
  unpriced: number;
  /** Of the measure, of the whole. */
  share: number | undefined;
}

const keys = {
  calls: 'total_calls',
  prompt: 'prompt_tokens',
  cached: 'cached_tokens',
  completion: 'completion_tokens',
  reasoning: 'reasoning_tokens',
  tokens: 'total_tokens',
  unpriced: 'unpriced_calls',
} as const satisfies Record<string, keyof Schemas['Figures']>;

type Counts = Record<keyof typeof keys, number> & { cost: number | undefined };

function countsOf(figures: Schemas['Figures']): Counts {
  const counts = Object.fromEntries(Object.entries(keys).map(([name, of]) => [name, figures[of]]));
  return { ...(counts as Record<keyof typeof keys, number>), cost: figures.total_cost };
}

function restOf(whole: Counts, parts: readonly Counts[]): Counts {
  const less = (name: keyof typeof keys): number =>
    Math.max(0, whole[name] - parts.reduce((sum, part) => sum + part[name], 0));
  const names = Object.keys(keys) as (keyof typeof keys)[];
  const counts = Object.fromEntries(names.map((name) => [name, less(name)])) as Record<keyof typeof keys, number>;
  const known = parts.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
  if (whole.cost === undefined || (counts.calls > 0 && counts.unpriced === counts.calls)) {
    return { ...counts, cost: undefined };
  }
  // Sums of dollars are off by less than a nano-dollar.
  const cost = whole.cost - known;
  return { ...counts, cost: cost < 1e-9 ? 0 : cost };
}

/** Groups of one answer. */
export const most = 100;

export interface UsageTable {
  rows: UsageRow[];
  total: UsageRow;
}

/** What each group used, the rest as one line, and the whole. A call counts for each of its tags, so tags have no rest. */
export function usageTable(statistics: Schemas['StatisticsAnswer'], by: GroupBy, measure: Measure): UsageTable {
  const whole = countsOf(statistics.overall);
  const amount = (counts: Counts): number | undefined => counts[measure];
  const rowOf = (key: string, kind: UsageRow['kind'], counts: Counts): UsageRow => {
    const [part, of] = [amount(counts), amount(whole)];
    return { key, kind, ...counts, share: part === undefined || !of ? undefined : part / of };
  };
  const named = namedFigures(statistics, by).map(({ name, figures }) => ({ name, counts: countsOf(figures) }));
  const rows = named.map(({ name, counts }) =>
    rowOf(name, by === 'key' && name === localKey ? 'local' : 'group', counts),
  );
  const rest = restOf(
    whole,
    named.map(({ counts }) => counts),
  );
  if (by !== 'tag' && rest.calls > 0) rows.push(rowOf('', named.length < most ? 'none' : 'others', rest));
  return { rows, total: rowOf('', 'total', whole) };
}

export type SortColumn = 'key' | 'calls' | 'prompt' | 'cached' | 'completion' | 'reasoning' | 'cost' | 'share';

/** Sorted by a column; what is unknown comes last in both directions. */
export function sortedRows(rows: readonly UsageRow[], by: SortColumn, isDown: boolean): UsageRow[] {
  const sign = isDown ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (by === 'key') return sign * a.key.localeCompare(b.key);
    const [one, other] = [a[by], b[by]];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return sign * (one - other) || b.calls - a.calls;
  });
}

/** The table as a file, with whole numbers. */
export function usageCsv(
  { rows, total }: UsageTable,
  head: readonly string[],
  nameOf: (row: UsageRow) => string,
): string {
  const line = (row: UsageRow): CsvCell[] => [
    nameOf(row),
    row.calls,
    row.prompt,
    row.cached,
    row.completion,
    row.reasoning,
    row.tokens,
    row.cost,
    row.unpriced,
    row.share,
  ];
  return csvOf(head, [...rows, total].map(line));
}
