import type { Schemas } from '@/api/client';
import { type GroupBy, isLocal, localKey, namedFigures } from '@/lib/group-by';

/** A row of the ranked table, which is the chart's legend. */
export interface Ranked {
  key: string;
  /** How the group is named in filters of Calls; the others have none. */
  filter: Record<string, string> | undefined;
  isOthers: boolean;
  calls: number;
  successRate: number | undefined;
  cost: number | undefined;
}

type Total = Pick<Schemas['Figures'], 'total_calls' | 'success_calls' | 'error_calls' | 'success_rate' | 'total_cost'>;

export function rank(
  grouped: Schemas['GroupedSeries'],
  statistics: Schemas['StatisticsAnswer'],
  by: GroupBy,
): Ranked[] {
  const totals = new Map<string, Total>(namedFigures(statistics, by).map(({ name, figures }) => [name, figures]));
  const named = grouped.groups.filter(({ is_others }) => !is_others);
  const of = (group: Schemas['Group']): Total | undefined =>
    totals.get(isLocal(group, by) ? localKey : group.group_name);
  return grouped.groups.map((group) => {
    const { group_name: key, is_others: isOthers, total_calls: calls, total_cost: cost } = group;
    // A call has several tags, so the rest of the tags is not the whole less the others.
    const total = isOthers ? (by === 'tag' ? undefined : restOf(statistics.overall, named.map(of))) : of(group);
    const filter = isOthers || isLocal(group, by) ? undefined : { [by]: key };
    return { key, filter, isOthers, calls, successRate: total && rateOf(total), cost };
  });
}

function rateOf({ success_calls, error_calls }: Pick<Total, 'success_calls' | 'error_calls'>): number | undefined {
  const decided = success_calls + error_calls;
  return decided > 0 ? success_calls / decided : undefined;
}

function restOf(whole: Total, parts: readonly (Total | undefined)[]): Total | undefined {
  if (parts.some((part) => part === undefined)) return undefined;
  const less = (name: 'success_calls' | 'error_calls'): number =>
    Math.max(0, whole[name] - parts.reduce((sum, part) => sum + (part?.[name] ?? 0), 0));
  return { ...whole, success_calls: less('success_calls'), error_calls: less('error_calls') };
}
