import type { Schemas } from '@/api/client';

export type SourceKind = 'alias' | 'pair' | 'auto' | 'tag';

/** A name that a client may ask for and that is no model's own. */
export interface Source {
  name: string;
  kind: SourceKind;
}

const mostTags = 16;
const own = 'llm-router';

/** Aliases, pairs, `auto`, then tags, the most used first. */
export function sourcesOf(
  names: readonly Schemas['ModelItem'][],
  models: readonly Schemas['ModelView'][],
): { sources: Source[]; hiddenTags: number } {
  const routers = names.filter(({ owned_by }) => owned_by === own).map(({ id }) => id);
  const isPair = (id: string): boolean => id.startsWith('pair:');
  const counts = new Map<string, number>();
  for (const { tags, is_callable } of models) {
    if (is_callable) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const tags = [...counts].sort(([a, many], [b, more]) => more - many || a.localeCompare(b)).map(([tag]) => tag);
  const source = (kind: SourceKind) => (name: string) => ({ name, kind });
  return {
    sources: [
      ...routers.filter((id) => !isPair(id)).map(source('alias')),
      ...routers.filter(isPair).map(source('pair')),
      source('auto')('auto'),
      ...tags.slice(0, mostTags).map((tag) => source('tag')(`tag:${tag}`)),
    ],
    hiddenTags: Math.max(0, tags.length - mostTags),
  };
}

export type Standing = 'ready' | 'cooling' | 'limited' | 'off' | 'nowhere';

export interface Target {
  model: string;
  standing: Standing;
  reason: string;
}

/** Where one name leads now: the models that are tried, and after them the fallbacks, in order. */
export interface RouteOf extends Source {
  strategy: string;
  first: Target[];
  fallbacks: Target[];
  error: string | undefined;
}

const excluded: Record<string, Standing> = {
  breaker: 'cooling',
  limit: 'limited',
  no_key: 'off',
  inactive: 'off',
  provider: 'off',
};

export function routeOf(
  source: Source,
  explanation: Schemas['Explanation'],
  models: ReadonlyMap<string, Schemas['ModelView']>,
): RouteOf {
  const first: Target[] = [];
  const fallbacks: Target[] = [];
  for (const { model, reason } of explanation.candidates ?? []) {
    const isFallback = reason.startsWith('fallback');
    const plain = reason.replace(/^fallback; /, '');
    (isFallback ? fallbacks : first).push({ model, reason: plain, standing: 'ready' });
  }
  // The ones that would be tried, if they were not cooling down, at their limit or switched off.
  const named = new Set(first.flatMap(({ model }) => models.get(model)?.config.fallbacks ?? []));
  for (const { model, why, reason } of explanation.left_out ?? []) {
    const standing = excluded[why];
    if (standing) (named.has(model) ? fallbacks : first).push({ model, reason, standing });
  }
  return { ...source, strategy: explanation.strategy ?? '', first, fallbacks, error: explanation.error?.message };
}

type FallbackKind = 'failure' | 'context' | 'content';

export interface Fallback {
  from: string;
  to: string;
  kind: FallbackKind;
}

/** What models themselves name for the case that they fail; `tag:…` stands for all that have it. */
export function fallbacksOf(models: readonly Schemas['ModelView'][]): Fallback[] {
  const ids = new Set(models.map(idOf));
  const resolve = (name: string): string[] => {
    if (name.startsWith('tag:')) {
      const tags = name.slice(4).split(',');
      return models.filter((model) => tags.every((tag) => model.tags.includes(tag))).map(idOf);
    }
    if (ids.has(name)) return [name];
    return models.filter((model) => model.name === name).map(idOf);
  };
  return models.flatMap((model) => {
    const from = idOf(model);
    const edges = (names: readonly string[] | undefined, kind: FallbackKind): Fallback[] =>
      (names ?? []).flatMap(resolve).flatMap((to) => (to === from ? [] : [{ from, to, kind }]));
    const { fallbacks, context_fallbacks, content_fallbacks } = model.config;
    return [
      ...edges(fallbacks, 'failure'),
      ...edges(context_fallbacks, 'context'),
      ...edges(content_fallbacks, 'content'),
    ];
  });
}

export function idOf(model: Schemas['ModelView']): string {
  return `${model.provider_name}/${model.name}`;
}
