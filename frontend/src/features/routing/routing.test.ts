import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';

import { columnsIn, offOf, pathsOf, prepareGraph } from './graph';
import { fallbacksOf, plainRouteOf, type RoutedModel, routeOf, sourcesOf } from './routes';

const to = (...models: string[]): Schemas['RouteFallback'][] => models.map((name) => ({ name, models: [name] }));
const none = { usual: [], context: [], content: [] };
const model = (name: string, more: Partial<RoutedModel> = {}): RoutedModel => ({
  name,
  tags: [],
  priority: 0,
  is_callable: true,
  circuit: 'closed',
  fallbacks: none,
  ...more,
});
const tagged = [{ name: 'tag:fast', models: ['a/one', 'b/two'] }];
const models = [
  model('a/one', { priority: 5, weight: 2, fallbacks: { ...none, usual: [...to('b/two'), ...tagged] } }),
  model('b/two', { is_callable: false, circuit: 'open' }),
  model('c/three', { fallbacks: { ...none, context: to('a/one') } }),
  model('d/four', { is_callable: false }),
];
const target = (name: string, kind: string, models: string[]): Schemas['RouteTarget'] => ({
  name,
  kind,
  models,
  fallbacks: none,
});
const all: Schemas['RouteTargets'] = {
  strategy: 'priority',
  targets: [
    { ...target('quick', 'alias', ['a/one', 'd/four']), fallbacks: { ...none, usual: to('c/three') } },
    target('tag:code', 'tag', ['b/two']),
    target('tag:fast', 'tag', ['a/one', 'b/two']),
    target('auto', 'auto', ['a/one']),
    target('pair:work', 'pair', ['a/one']),
  ],
  models,
};

describe('what a client may ask for', () => {
  it('is aliases, pairs, auto and tags, those of the most models first', () => {
    const { sources, hiddenTags } = sourcesOf(all);
    expect(sources.map(({ name }) => name)).toEqual(['quick', 'pair:work', 'auto', 'tag:fast', 'tag:code']);
    expect(hiddenTags).toBe(0);
  });
});

const explanation = (more: Partial<Schemas['Explanation']>): Schemas['Explanation'] =>
  ({ requested: 'quick', prompt_tokens: 1, strategy: 'priority', left_out: [], candidates: [], ...more }) as never;
const quick = routeOf(
  { name: 'quick', kind: 'alias' },
  explanation({
    candidates: [
      { model: 'a/one', reason: 'priority 5' },
      { model: 'c/three', reason: 'fallback; priority 0' },
    ],
    left_out: [
      { model: 'b/two', why: 'breaker', reason: 'cooling down' },
      { model: 'e/five', why: 'tag', reason: 'not selected' },
      { model: 'd/four', why: 'no_key', reason: 'no key' },
    ],
  }),
  all,
);
const standings = (list: { model: string; standing: string }[]) => list.map(({ model, standing }) => [model, standing]);

describe('routeOf', () => {
  it('tells first models from fallbacks, and keeps those that would be tried', () => {
    expect(standings(quick.first)).toEqual([
      ['a/one', 'ready'],
      ['d/four', 'off'],
    ]);
    expect(standings(quick.fallbacks)).toEqual([
      ['c/three', 'ready'],
      ['b/two', 'cooling'],
    ]);
  });
});

describe('plainRouteOf', () => {
  it('knows the models of a name and what follows them without asking further', () => {
    const route = plainRouteOf({ name: 'quick', kind: 'alias' }, all);
    expect(route.strategy).toBe('priority');
    expect(standings(route.first)).toEqual([
      ['a/one', 'ready'],
      ['d/four', 'off'],
    ]);
    expect(standings(route.fallbacks)).toEqual([
      ['b/two', 'cooling'],
      ['c/three', 'ready'],
    ]);
  });

  it('gives a tag no fallbacks of its models', () => {
    expect(plainRouteOf({ name: 'tag:fast', kind: 'tag' }, all).fallbacks).toEqual([]);
  });
});

describe('fallbacksOf', () => {
  it('never leads to the model itself', () => {
    expect(fallbacksOf(models)).toEqual([
      { from: 'a/one', to: 'b/two', kind: 'failure' },
      { from: 'a/one', to: 'b/two', kind: 'failure' },
      { from: 'c/three', to: 'a/one', kind: 'context' },
    ]);
  });
});

describe('prepareGraph', () => {
  const data = { routes: [quick], models, fallbacks: fallbacksOf(models) };

  it('draws each edge once, and marks what cools down', () => {
    const { edges, nodes } = prepareGraph(data, undefined);
    expect(edges.filter(({ from, to }) => from === 'model:a/one' && to === 'fallback:b/two')).toHaveLength(1);
    expect(nodes.find(({ id }) => id === 'model:b/two')?.standing).toBe('cooling');
    expect(nodes.find(({ id }) => id === 'model:a/one')).toMatchObject({ priority: 5, weight: 2, row: 0 });
  });

  it('leaves out models that cannot be called where they are many', () => {
    const off = Array.from({ length: 9 }, (_, index) => ({ ...models[0], name: `off-${index}`, is_callable: false }));
    const left = offOf([...models, ...off.map((one) => ({ ...model('x/off'), ...one }))]);
    expect(left.size).toBeGreaterThanOrEqual(9);
    const without = new Set(['a/one']);
    expect(prepareGraph(data, undefined, without).nodes.some(({ name }) => name === 'a/one')).toBe(false);
    expect(prepareGraph(data, 'ask:quick', without).nodes.some(({ name }) => name === 'a/one')).toBe(true);
    expect(offOf(models).size).toBe(0);
  });

  it('shows of a name only where it leads, in order', () => {
    const { nodes } = prepareGraph(data, 'ask:quick');
    expect(nodes.find(({ id }) => id === 'model:a/one')?.rank).toBe(1);
    expect(nodes.find(({ id }) => id === 'fallback:c/three')?.rank).toBe(2);
    expect(nodes.some(({ id }) => id === 'model:c/three')).toBe(false);
  });

  it('shows of a model who leads to it and what follows', () => {
    const { nodes } = prepareGraph(data, 'model:a/one');
    expect(nodes.map(({ id }) => id)).toEqual([
      'ask:quick',
      'model:a/one',
      'model:c/three',
      'fallback:b/two',
      'fallback:a/one',
    ]);
  });

  it('draws the fallbacks of a name from the name itself, and after its models where it is looked at', () => {
    const to = (node: string | undefined) =>
      prepareGraph(data, node).edges.find(({ to }) => to === 'fallback:c/three')?.from;
    expect(to(undefined)).toBe('ask:quick');
    expect(to('ask:quick')).toBe('model:a/one');
  });

  it('draws from the right end of one column to the left end of the next', () => {
    const columns = columnsIn(1000);
    const [first] = pathsOf(prepareGraph(data, undefined), columns);
    expect(first?.path.startsWith(`M${columns.ask.width},47C`)).toBe(true);
    expect(first?.path).toContain(` ${columns.model.x},`);
    expect(columns.fallback.x + columns.fallback.width).toBe(1000);
  });
});
