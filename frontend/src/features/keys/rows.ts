import type { Schemas } from '@/api/client';
import type { Status } from '@/components/status-mark';
import { type BudgetUse, budgetsOf } from '@/lib/budget';

export type Key = Schemas['ListedKeyView'];

/** A key as its row shows it. */
export interface KeyRow {
  key: Key;
  budget: BudgetUse | undefined;
  /** Calls a day of the last 30, oldest first; undefined where the sums do not name the key. */
  days: number[] | undefined;
  calls: number | undefined;
  /** Milliseconds until it ends; negative when it has. */
  endsIn: number | undefined;
}

const states: Record<string, Status> = { active: 'ok', inactive: 'off', expired: 'warning', revoked: 'off' };

export function statusOfKey({ state }: Key): Status {
  return states[state] ?? 'warning';
}

export const knownStates = ['active', 'inactive', 'expired', 'revoked'] as const;

export function rowsOf(keys: readonly Key[], use: Schemas['GroupedSeries'] | undefined, now: number): KeyRow[] {
  const days = daysByKey(use);
  // Only the largest groups are named; a key that is not among them is not known to be unused.
  const isWhole = use !== undefined && !use.groups.some(({ is_others }) => is_others);
  return keys.map((key) => {
    const own = days.get(key.id) ?? (isWhole ? [] : undefined);
    return {
      key,
      budget: budgetsOf(key, now)[0],
      days: own,
      calls: own?.reduce((sum, calls) => sum + calls, 0),
      endsIn: key.expires_at ? Date.parse(key.expires_at) - now : undefined,
    };
  });
}

function daysByKey(use: Schemas['GroupedSeries'] | undefined): Map<number, number[]> {
  const days = new Map<number, number[]>();
  for (const { api_key_id, total_calls } of use?.data ?? []) {
    if (typeof api_key_id !== 'number') continue;
    const own = days.get(api_key_id);
    if (own) own.push(total_calls);
    else days.set(api_key_id, [total_calls]);
  }
  return days;
}

export function chosen(
  rows: readonly KeyRow[],
  { q, revoked }: { q?: string | undefined; revoked?: string | undefined },
): KeyRow[] {
  const wanted = q?.trim().toLowerCase() ?? '';
  return rows.filter(
    ({ key }) =>
      (revoked === '1' || !key.revoked_at) &&
      (key.name.toLowerCase().includes(wanted) || key.prefix.toLowerCase().startsWith(wanted)),
  );
}

/** By id, else by name: the one in use before a revoked one of the same name. */
export function findKey(rows: readonly KeyRow[], wanted: string | undefined): KeyRow | undefined {
  if (wanted === undefined) return undefined;
  const named = rows.filter(({ key }) => key.name === wanted);
  return rows.find(({ key }) => String(key.id) === wanted) ?? named.find(({ key }) => !key.revoked_at) ?? named.at(-1);
}

/** What a key may call, in one line: its lists one after the other. */
export function allowedOf(key: Key): string[] | undefined {
  const { allowed_models, allowed_providers, allowed_tags } = key;
  if (!allowed_models && !allowed_providers && !allowed_tags) return undefined;
  const part = (list: readonly string[] | null | undefined, name: (one: string) => string): string[] =>
    list?.map(name) ?? [];
  return [
    ...part(allowed_models, (one) => one),
    ...part(allowed_providers, (one) => `${one}/*`),
    ...part(allowed_tags, (one) => `tag:${one}`),
  ];
}

/** Whether any of its lists is empty, which allows nothing. */
export function allowsNothing({ allowed_models, allowed_providers, allowed_tags, allowed_ips }: Key): boolean {
  return [allowed_models, allowed_providers, allowed_tags, allowed_ips].some((list) => list?.length === 0);
}

/** Where a key is written down: the console cannot rotate what the file or the environment holds. */
export function isElsewhere({ origin }: Key): boolean {
  return origin === 'file' || origin === 'env';
}
