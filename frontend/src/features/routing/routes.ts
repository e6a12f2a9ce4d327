import type { Schemas } from '@/api/client';

export type SourceKind = 'alias' | 'pair' | 'auto' | 'tag';

/** A name that a client may ask for and that is no model's own. */
export interface Source {
  name: string;
  kind: SourceKind;
}

const mostTags = 16;
const kinds: readonly SourceKind[] = ['alias', 'pair', 'auto', 'tag'];

type Targets = Schemas['RouteTargets'];

/** Aliases, pairs, `auto`, then tags, those of the most models first. */
export function sourcesOf({ targets }: Targets): { sources: Source[]; hiddenTags: number } {
  const named = (kind: SourceKind) => targets.filter((target) => target.kind === kind);
  const tags = named('tag').sort((a, b) => b.models.length - a.models.length || a.name.localeCompare(b.name));
  const shown = kinds.flatMap((kind) => (kind === 'tag' ? tags.slice(0, mostTags) : named(kind)));
  return {
    sources: shown.map(({ name, kind }) => ({ name, kind: kinds.find((one) => one === kind) ?? 'alias' })),
    hiddenTags: Math.max(0, tags.length - mostTags),
  };
}

export type RoutedModel = Schemas['TargetModel'];
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

/** Where a name leads, before anything is known of a request: its models and what follows them, in no order of trial. */
export function plainRouteOf(source: Source, all: Targets): RouteOf {
  const target = all.targets.find(({ name }) => name === source.name);
  const models = new Map(all.models.map((model) => [model.name, model]));
  const standing = (name: string): Target => ({ model: name, standing: standingOf(models.get(name)), reason: '' });
  const first = target?.models ?? [];
  const own = target?.fallbacks.usual.flatMap((fallback) => fallback.models) ?? [];
  // A fallback never changes the tags that were asked for.
  const theirs = source.kind === 'tag' ? [] : first.flatMap((name) => failuresOf(models.get(name)));
  const after = new Set([...theirs, ...own].filter((name) => !first.includes(name)));
  return {
    ...source,
    strategy: target?.strategy ?? all.strategy,
    first: first.map(standing),
    fallbacks: [...after].map(standing),
    error: undefined,
  };
}

function failuresOf(model: RoutedModel | undefined): string[] {
  return model?.fallbacks.usual.flatMap(({ models }) => models) ?? [];
}

export function standingOf(model: RoutedModel | undefined): Standing {
  if (!model || (!model.is_callable && model.circuit === 'closed')) return 'off';
  return model.circuit === 'closed' ? 'ready' : 'cooling';
}

/** The same as the router explains it: in the order of trial, with the reasons. */
export function routeOf(source: Source, explanation: Schemas['Explanation'], all: Targets): RouteOf {
  const first: Target[] = [];
  const fallbacks: Target[] = [];
  for (const { model, reason } of explanation.candidates ?? []) {
    const isFallback = reason.startsWith('fallback');
    const plain = reason.replace(/^fallback; /, '');
    (isFallback ? fallbacks : first).push({ model, reason: plain, standing: 'ready' });
  }
  // The ones that would be tried, if they were not cooling down, at their limit or switched off.
  const target = all.targets.find(({ name }) => name === source.name);
  for (const { model, why, reason } of explanation.left_out ?? []) {
    const standing = excluded[why];
    if (standing) (target?.models.includes(model) ? first : fallbacks).push({ model, reason, standing });
  }
  return { ...source, strategy: explanation.strategy ?? '', first, fallbacks, error: explanation.error?.message };
}

type FallbackKind = 'failure' | 'context' | 'content';

export interface Fallback {
  from: string;
  to: string;
  kind: FallbackKind;
}

/** What models themselves name for the case that they fail. */
export function fallbacksOf(models: readonly RoutedModel[]): Fallback[] {
  return models.flatMap(({ name: from, fallbacks: { usual, context, content } }) => {
    const edges = (list: readonly Schemas['RouteFallback'][], kind: FallbackKind): Fallback[] =>
      list.flatMap(({ models }) => models).flatMap((to) => (to === from ? [] : [{ from, to, kind }]));
    return [...edges(usual, 'failure'), ...edges(context, 'context'), ...edges(content, 'content')];
  });
}
