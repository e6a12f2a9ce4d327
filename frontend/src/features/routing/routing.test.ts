import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { columnsIn, pathsOf, prepareGraph } from './graph';
import { fallbacksOf, idOf, routeOf, sourcesOf } from './routes';

const model = (id: string, more: Partial<Schemas['ModelView']> = {}): Schemas['ModelView'] => {
  const [provider_name = '', name = ''] = id.split('/');
  return { provider_name, name, tags: [], is_callable: true, config: { priority: 0 }, ...more } as never;
};
const models = [
  model('a/one', { tags: ['fast'], config: { priority: 5, weight: 2, fallbacks: ['b/two', 'tag:fast'] } as never }),
  model('b/two', { tags: ['fast', 'code'] }),
  model('c/three', { tags: ['code'], config: { priority: 0, context_fallbacks: ['one'] } as never }),
];
const byId = new Map(models.map((one) => [idOf(one), one]));
const item = (id: string, owned_by: string) => ({ id, owned_by, object: 'model', created: 0 });

describe('what a client may ask for', () => {
  it('is aliases, pairs, auto and tags, the most used first', () => {
    const names = [item('a/one', 'a'), item('pair:work', 'llm-router'), item('quick', 'llm-router')];
    const { sources, hiddenTags } = sourcesOf(names, models);
    expect(sources.map(({ name }) => name)).toEqual(['quick', 'pair:work', 'auto', 'tag:code', 'tag:fast']);
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
      { model: 'd/four', why: 'tag', reason: 'not selected' },
      { model: 'e/five', why: 'no_key', reason: 'no key' },
    ],
  }),
  byId,
);

describe('routeOf', () => {
  it('tells first models from fallbacks, and keeps those that would be tried', () => {
    expect(quick.first.map(({ model, standing }) => [model, standing])).toEqual([
      ['a/one', 'ready'],
      ['e/five', 'off'],
    ]);
    expect(quick.fallbacks.map(({ model, standing }) => [model, standing])).toEqual([
      ['c/three', 'ready'],
      ['b/two', 'cooling'],
    ]);
  });
});

describe('fallbacksOf', () => {
  it('resolves bare names and tags, and never leads to the model itself', () => {
    expect(fallbacksOf(models)).toEqual([
      { from: 'a/one', to: 'b/two', kind: 'failure' },
      { from: 'a/one', to: 'b/two', kind: 'failure' },
      { from: 'c/three', to: 'a/one', kind: 'context' },
    ]);
  });
});

describe('prepareGraph', () => {
  const data = { routes: [quick], models, fallbacks: fallbacksOf(models), cooling: new Set(['b/two']) };

  it('draws each edge once, and marks what cools down', () => {
    const { edges, nodes } = prepareGraph(data, undefined);
    expect(edges.filter(({ from, to }) => from === 'model:a/one' && to === 'fallback:b/two')).toHaveLength(1);
    expect(nodes.find(({ id }) => id === 'model:b/two')?.standing).toBe('cooling');
    expect(nodes.find(({ id }) => id === 'model:a/one')).toMatchObject({ priority: 5, weight: 2, row: 0 });
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
