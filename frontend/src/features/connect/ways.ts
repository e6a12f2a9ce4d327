import type { Schemas } from '@/api/client';

export interface Way {
  kind: 'model' | 'alias' | 'pair' | 'tag' | 'auto';
  /** As it stands in `model`. */
  example: string;
  /** How many of its kind there are, or for tags: how many models have it. */
  count: number;
}

/** The ways to name a model that lead somewhere in this router. */
export function waysOf(callable: readonly Schemas['ModelItem'][], models: readonly Schemas['ModelView'][]): Way[] {
  const names = new Set(models.map(({ provider_name, name }) => `${provider_name}/${name}`));
  const ids = callable.map(({ id }) => id);
  const pairs = ids.filter((id) => id.startsWith('pair:'));
  const aliases = ids.filter((id) => !id.startsWith('pair:') && !names.has(id));
  const real = models.filter(({ is_callable, provider_type }) => is_callable && provider_type !== 'mock');
  const tags = new Map<string, number>();
  for (const { tags: own } of real) for (const tag of own) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  const [tag] = [...tags].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  const named = ids.filter((id) => names.has(id));
  const way = (kind: Way['kind'], example: string | undefined, count: number): Way[] =>
    example === undefined ? [] : [{ kind, example, count }];
  return [
    ...way('model', named[0], named.length),
    ...way('alias', aliases[0], aliases.length),
    ...way('pair', pairs[0], pairs.length),
    ...way('tag', tag && `tag:${tag[0]}`, tag?.[1] ?? 0),
    ...way('auto', real.length ? 'auto' : undefined, real.length),
  ];
}
