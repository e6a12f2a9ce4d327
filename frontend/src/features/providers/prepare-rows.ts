import type { Schemas } from '@/api/client';
import { circuitWord, providerStanding, type Standing } from '../entries/standing';

export interface ProviderRow {
  name: string;
  provider: Schemas['ProviderView'];
  standing: Standing;
  circuit: CircuitRow;
  models: readonly ModelCircuit[];
  keys: KeyCount;
  /** Of the last hour; absent where it was not called. */
  figures: Schemas['ProviderTotal'] | undefined;
  isCounted: boolean;
}

interface ModelCircuit {
  id: string;
  circuit: 'closed' | 'cooling' | 'halfOpen';
  nextAt: number | undefined;
  cause: string | undefined;
}

export interface CircuitRow {
  word: 'closed' | 'cooling' | 'halfOpen' | 'models';
  /** When the next call is let in. */
  nextAt: number | undefined;
  cause: string | undefined;
  /** Models whose own circuit is not closed. */
  open: number;
  all: number;
}

export interface KeyCount {
  all: number;
  ready: number;
  cooling: number;
  rejected: number;
}

interface Answers {
  providers: readonly Schemas['ProviderView'][];
  health: Schemas['Detail'] | undefined;
  /** When `health` was read: its waits are counted from there. */
  healthAt: number;
  totals: readonly Schemas['ProviderTotal'][] | undefined;
}

export const mostTotals = 100;

function moment(circuit: Schemas['CircuitHealth'] | undefined, at: number): number | undefined {
  return typeof circuit?.retry_after === 'number' ? at + circuit.retry_after * 1000 : undefined;
}

export function keyCount(keys: readonly Schemas['ProviderKeyView'][]): KeyCount {
  const of = (state: string): number => keys.filter((key) => key.state === state).length;
  return { all: keys.length, ready: of('ready'), cooling: of('cooling_down'), rejected: of('rejected') };
}

function circuitOf(
  own: Schemas['ProviderHealth'] | undefined,
  models: readonly ModelCircuit[],
  healthAt: number,
): CircuitRow {
  const open = models.filter(({ circuit }) => circuit !== 'closed');
  const all = models.length;
  const word = circuitWord(own?.circuit);
  if (word) return { word, nextAt: moment(own, healthAt), cause: own?.cause ?? undefined, open: open.length, all };
  if (!open.length) return { word: 'closed', nextAt: undefined, cause: undefined, open: 0, all };
  const next = open.reduce((a, b) => ((b.nextAt ?? Infinity) < (a.nextAt ?? Infinity) ? b : a));
  return { word: 'models', nextAt: next.nextAt, cause: next.cause, open: open.length, all };
}

const order = ['cooling', 'noUrl', 'halfOpen', 'partly', 'ready', 'noKey', 'providerOff', 'off'];

/** What needs a person first, then by use. */
export function rowsOf({ providers, health, healthAt, totals }: Answers): ProviderRow[] {
  const figures = new Map(totals?.map((total) => [total.provider_id, total]));
  const states = new Map(health?.providers.map((one) => [one.name, one]));
  const isCounted = totals !== undefined && totals.length < mostTotals;
  const rows = providers.map((provider): ProviderRow => {
    const own = health?.models.filter(({ name }) => name.startsWith(`${provider.name}/`)) ?? [];
    const models = own.map((one) => ({
      id: one.name,
      circuit: circuitWord(one.circuit) ?? ('closed' as const),
      nextAt: moment(one, healthAt),
      cause: one.cause ?? undefined,
    }));
    const state = states.get(provider.name);
    return {
      name: provider.name,
      provider,
      standing: providerStanding(provider, state, own),
      circuit: circuitOf(state, models, healthAt),
      models,
      keys: keyCount(provider.keys),
      figures: figures.get(provider.id),
      isCounted: isCounted || figures.has(provider.id),
    };
  });
  return rows.sort(
    (a, b) =>
      order.indexOf(a.standing.word) - order.indexOf(b.standing.word) ||
      (b.figures?.total_calls ?? 0) - (a.figures?.total_calls ?? 0) ||
      a.name.localeCompare(b.name),
  );
}
