import { px } from '@/charts/prepare/model';
import { type Fallback, type RoutedModel, type RouteOf, type SourceKind, type Standing, standingOf } from './routes';

export const rowHeight = 30;
export const headHeight = 32;

type Column = 'ask' | 'model' | 'fallback';

/** A node of the graph: what is asked for, a model, or a model as a fallback. */
export interface Node {
  /** `ask:quick`, `model:openai/gpt`, `fallback:openai/gpt`. */
  id: string;
  name: string;
  column: Column;
  row: number;
  kind: SourceKind | 'model';
  standing: Standing;
  /** Priority and weight, where they are not those that every model has. */
  priority: number | undefined;
  weight: number | undefined;
  /** Its place in the order of the one name that is looked at. */
  rank: number | undefined;
  /** Why it is not ready. */
  reason: string | undefined;
}

export interface Edge {
  from: string;
  to: string;
  kind: 'route' | 'failure' | 'context' | 'content';
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
  rows: number;
}

interface GraphData {
  routes: readonly RouteOf[];
  models: readonly RoutedModel[];
  fallbacks: readonly Fallback[];
}

// So many models that cannot be called are drawn with the others.
const mostOff = 8;

/** The models that cannot be called, where they are so many that they would hide the others. */
export function offOf(models: GraphData['models']): ReadonlySet<string> {
  const off = models.filter((model) => !model.is_callable && model.circuit === 'closed').map(({ name }) => name);
  return new Set(off.length > mostOff ? off : []);
}

/** The whole graph without the models in `left`, or what hangs together with one of its nodes. */
export function prepareGraph(all: GraphData, node: string | undefined, left: ReadonlySet<string> = new Set()): Graph {
  const data = node ? all : { ...all, models: all.models.filter(({ name }) => !left.has(name)) };
  const isDrawn = (id: string): boolean => node !== undefined || !left.has(id.replace(/^(model|fallback):/, ''));
  const whole = edgesOf(data, node).filter(({ from, to }) => isDrawn(from) && isDrawn(to));
  const edges = node ? connected(whole, data, node) : whole;
  const kept = new Set(edges.flatMap(({ from, to }) => [from, to]));
  if (node) kept.add(node);
  const asked = data.routes.map(({ name }) => `ask:${name}`).filter((id) => !node || kept.has(id));
  const models = data.models.map(({ name }) => `model:${name}`).filter((id) => !node || kept.has(id));
  const sortedModels = byMean(models, edges, asked);
  const fallbacks = [...new Set(edges.map(({ to }) => to).filter((id) => id.startsWith('fallback:')))];
  const sortedFallbacks = byMean(fallbacks, edges, sortedModels);
  // Of one name, the order in which its models are tried; else that with the fewest crossings.
  const ranked = (ids: readonly string[], column: Column): string[] => {
    const rank = (id: string) => rankOf(id.slice(id.indexOf(':') + 1), column, data, node) ?? Number.MAX_SAFE_INTEGER;
    return [...ids].sort((a, b) => rank(a) - rank(b));
  };
  const nodes = [
    ...asked.map((id, row) => nodeOf(id, 'ask', row, data, node)),
    ...ranked(sortedModels, 'model').map((id, row) => nodeOf(id, 'model', row, data, node)),
    ...ranked(sortedFallbacks, 'fallback').map((id, row) => nodeOf(id, 'fallback', row, data, node)),
  ];
  return { nodes, edges, rows: Math.max(asked.length, sortedModels.length, sortedFallbacks.length, 1) };
}

function edgesOf({ routes, fallbacks }: GraphData, node: string | undefined): Edge[] {
  const routed = routes.flatMap(({ name, first }) =>
    first.map(({ model }): Edge => ({ from: `ask:${name}`, to: `model:${model}`, kind: 'route' })),
  );
  const own = fallbacks.map(({ from, to, kind }): Edge => ({ from: `model:${from}`, to: `fallback:${to}`, kind }));
  const known = new Set(own.map(keyOf));
  // An alias or a pair has fallbacks of its own. Where it alone is looked at, they come after the last of its models;
  // elsewhere that model would seem to lead to them whoever asks for it.
  const named = routes.flatMap(({ name, first, fallbacks: after }) => {
    const last = first.findLast(({ standing }) => standing === 'ready') ?? first.at(-1);
    const from = node === `ask:${name}` && last ? `model:${last.model}` : `ask:${name}`;
    return after.flatMap(({ model }): Edge[] => {
      const to = `fallback:${model}`;
      const isOwn = first.some((one) => known.has(keyOf({ from: `model:${one.model}`, to, kind: 'failure' })));
      return isOwn ? [] : [{ from, to, kind: 'failure' }];
    });
  });
  const unique = new Map([...routed, ...own, ...named].map((edge) => [keyOf(edge), edge]));
  return [...unique.values()];
}

function keyOf({ from, to, kind }: Edge): string {
  return `${from} ${to} ${kind === 'route' ? '' : kind}`;
}

// Of an asked name: its models and exactly its fallbacks. Of a model: who leads to it, and what follows it.
function connected(edges: readonly Edge[], { routes }: GraphData, node: string): Edge[] {
  const route = routes.find(({ name }) => node === `ask:${name}`);
  if (route) {
    const first = new Set(route.first.map(({ model }) => `model:${model}`));
    const after = new Set(route.fallbacks.map(({ model }) => `fallback:${model}`));
    return edges.filter(
      ({ from, to, kind }) => from === node || (first.has(from) && (kind !== 'failure' || after.has(to))),
    );
  }
  const model = node.replace(/^(model|fallback):/, '');
  const own = [`model:${model}`, `fallback:${model}`];
  const near = edges.filter(({ from, to }) => own.includes(from) || own.includes(to));
  // Whose fallback it is: the names that lead there belong to the picture too.
  return near;
}

/** Each node at the height of what leads to it, so that few edges cross; without any, at the end. */
function byMean(ids: readonly string[], edges: readonly Edge[], before: readonly string[]): string[] {
  const rows = new Map(before.map((id, row) => [id, row]));
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { from, to } of edges) {
    const row = rows.get(from);
    if (row === undefined) continue;
    const own = sums.get(to) ?? { sum: 0, count: 0 };
    sums.set(to, { sum: own.sum + row, count: own.count + 1 });
  }
  const mean = (id: string): number => {
    const own = sums.get(id);
    return own ? own.sum / own.count : Number.MAX_SAFE_INTEGER;
  };
  return [...ids].sort((a, b) => mean(a) - mean(b));
}

function nodeOf(id: string, column: Column, row: number, data: GraphData, filter: string | undefined): Node {
  const name = id.slice(id.indexOf(':') + 1);
  const plain = { id, name, column, row, priority: undefined, weight: undefined, rank: undefined, reason: undefined };
  if (column === 'ask') {
    const route = data.routes.find((one) => one.name === name);
    const isReady = route?.first.some(({ standing }) => standing === 'ready');
    const standing: Standing = isReady ? 'ready' : (route?.first[0]?.standing ?? 'nowhere');
    return { ...plain, kind: route?.kind ?? 'alias', standing, reason: route?.error };
  }
  const model = data.models.find((one) => one.name === name);
  const { priority, weight } = model ?? {};
  const standing = standingOf(model);
  return {
    ...plain,
    kind: 'model',
    standing,
    priority: priority || undefined,
    weight: weight === null || weight === undefined || weight === 1 ? undefined : weight,
    rank: rankOf(name, column, data, filter),
    reason: standing === 'ready' ? undefined : reasonOf(name, data),
  };
}

function reasonOf(name: string, { routes }: GraphData): string | undefined {
  return routes
    .flatMap(({ first, fallbacks }) => [...first, ...fallbacks])
    .find(({ model, standing, reason }) => model === name && standing !== 'ready' && reason)?.reason;
}

function rankOf(name: string, column: Column, { routes }: GraphData, filter: string | undefined): number | undefined {
  const route = routes.find((one) => filter === `ask:${one.name}`);
  if (!route) return undefined;
  const list = (column === 'model' ? route.first : route.fallbacks).filter(({ standing }) => standing === 'ready');
  const at = list.findIndex(({ model }) => model === name);
  if (at < 0) return undefined;
  const before = column === 'model' ? 0 : route.first.filter(({ standing }) => standing === 'ready').length;
  return before + at + 1;
}

export interface Columns {
  /** Left edge and width of each column. */
  ask: { x: number; width: number };
  model: { x: number; width: number };
  fallback: { x: number; width: number };
}

/** Three columns with room between them for the edges. */
export function columnsIn(width: number): Columns {
  const gap = Math.max(132, Math.round(width * 0.13));
  const rest = width - 2 * gap;
  const ask = Math.round(rest * 0.24);
  const model = Math.round((rest - ask) / 2);
  return {
    ask: { x: 0, width: ask },
    model: { x: ask + gap, width: model },
    fallback: { x: ask + gap + model + gap, width: rest - ask - model },
  };
}

/** The curve of each edge, from the right end of one node to the left end of the other. */
export function pathsOf(
  { nodes, edges }: Graph,
  columns: Columns,
): { key: string; kind: Edge['kind']; path: string }[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return edges.flatMap((edge) => {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    if (!from || !to) return [];
    const start = columns[from.column].x + columns[from.column].width;
    const end = columns[to.column].x;
    const [y1, y2] = [middleOf(from.row), middleOf(to.row)];
    const middle = px((start + end) / 2);
    const path = `M${px(start)},${y1}C${middle},${y1} ${middle},${y2} ${px(end)},${y2}`;
    return [{ key: keyOf(edge), kind: edge.kind, path }];
  });
}

export function middleOf(row: number): number {
  return headHeight + row * rowHeight + rowHeight / 2;
}
