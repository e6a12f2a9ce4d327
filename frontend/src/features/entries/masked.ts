import { hidden, Secret, type TomlTable } from '@/lib/toml-text';
import { isObject } from './fields';

/** What the API hides is left to the person; an empty table is no line. */
export function masked(value: unknown): TomlTable | undefined {
  if (!isObject(value) || Object.keys(value).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (one === hidden) return [key, new Secret('(not shown)')];
      return [key, isObject(one) ? (masked(one) ?? {}) : (one as TomlTable[string])];
    }),
  );
}
