import type { Schemas } from '@/api/client';
import type { FilterField } from '@/components/filter-bar/tokens';
import { modelStanding, type Standing, standings } from '../entries/standing';

export interface ModelRow {
  /** `provider/model`, as clients name it. */
  id: string;
  model: Schemas['ModelView'];
  standing: Standing;
  /** Absent: not called, or not known where `isCounted` is false. */
  figures: Schemas['ModelTotal'] | undefined;
  isCounted: boolean;
  price: Schemas['PriceSuggestion'] | undefined;
}

export const capabilities = ['vision', 'tools', 'audio', 'video'] as const;
export type Capability = (typeof capabilities)[number];

const takes = {
  vision: 'takes_images',
  tools: 'takes_tools',
  audio: 'takes_audio',
  video: 'takes_video',
} as const;

/** What holds: the entry's word, else the built-in one. */
export function capabilityOf({ state }: Schemas['ModelView'], name: Capability): boolean {
  return state.capabilities.effective[takes[name]];
}

/** By the shipped table; absent where it does not know the model. */
export function builtInCapability({ state }: Schemas['ModelView'], name: Capability): boolean | undefined {
  return state.capabilities.built_in?.[takes[name]];
}

export const mostTotals = 100;

interface Answers {
  models: readonly Schemas['ModelView'][];
  health: Schemas['Detail'] | undefined;
  totals: readonly Schemas['ModelTotal'][] | undefined;
  prices: readonly Schemas['PriceSuggestion'][] | undefined;
}

function modelId(model: Pick<Schemas['ModelView'], 'name' | 'provider_name'>): string {
  return `${model.provider_name}/${model.name}`;
}

export function rowsOf({ models, health, totals, prices }: Answers): ModelRow[] {
  const circuits = new Map(health?.models.map((one) => [one.name, one]));
  const providers = new Map(health?.providers.map((one) => [one.name, one]));
  const figures = new Map(totals?.map((total) => [total.model_id, total]));
  const priced = new Map(prices?.map((price) => [price.model_id, price]));
  // A full list may have left one out; then nobody knows.
  const isCounted = totals !== undefined && totals.length < mostTotals;
  return models.map((model) => {
    const id = modelId(model);
    return {
      id,
      model,
      standing: modelStanding(model, circuits.get(id), providers.get(model.provider_name)),
      figures: figures.get(model.id),
      isCounted: isCounted || figures.has(model.id),
      price: priced.get(model.id),
    };
  });
}

export function callsOf({ figures, isCounted }: ModelRow): number | undefined {
  return figures?.total_calls ?? (isCounted ? 0 : undefined);
}

export interface ModelFilters {
  q?: string | undefined;
  tag?: string | undefined;
  provider?: string | undefined;
  can?: string | undefined;
  state?: string | undefined;
  origin?: string | undefined;
  unpriced?: string | undefined;
  update?: string | undefined;
}

function isPriced({ model }: ModelRow): boolean {
  return typeof model.config.cost_per_1k_tokens === 'number';
}

export function hasPriceUpdate({ price }: ModelRow): boolean {
  return price?.has_update === true;
}

function holds(row: ModelRow, filters: ModelFilters): boolean {
  const { model, standing } = row;
  const { q, tag, provider, can, state, origin, unpriced, update } = filters;
  if (tag && !model.tags.includes(tag)) return false;
  if (provider && model.provider_name !== provider) return false;
  if (can && !(capabilities as readonly string[]).includes(can)) return false;
  if (can && !capabilityOf(model, can as Capability)) return false;
  if (state && standing.word !== state) return false;
  if (origin && model.origin !== origin) return false;
  if (unpriced && isPriced(row)) return false;
  if (update && !hasPriceUpdate(row)) return false;
  if (!q) return true;
  const text = [row.id, model.display_name, model.description, model.remote_identifier, ...model.tags].join(' ');
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

export function filterRows(rows: readonly ModelRow[], filters: ModelFilters): ModelRow[] {
  return rows.filter((row) => holds(row, filters)).sort((a, b) => (callsOf(b) ?? -1) - (callsOf(a) ?? -1));
}

/** As the table has sorted them. */
export function inOrder(rows: readonly ModelRow[], ids: readonly string[]): ModelRow[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

function counted(values: readonly string[], order?: readonly string[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) =>
      order ? order.indexOf(a.value) - order.indexOf(b.value) : b.count - a.count || a.value.localeCompare(b.value),
    );
}

type Labels = (name: keyof ModelFilters) => string;

/** The filters with what there is to choose, and how often. */
export function filterFields(rows: readonly ModelRow[], label: Labels): FilterField[] {
  const value = (name: keyof ModelFilters, values: readonly string[], order?: readonly string[]): FilterField => ({
    name,
    label: label(name),
    kind: 'value',
    options: counted(values, order),
  });
  return [
    value(
      'tag',
      rows.flatMap(({ model }) => model.tags),
    ),
    value(
      'provider',
      rows.map(({ model }) => model.provider_name),
    ),
    value(
      'can',
      rows.flatMap(({ model }) => capabilities.filter((one) => capabilityOf(model, one))),
      capabilities,
    ),
    value(
      'state',
      rows.map(({ standing }) => standing.word),
      standings,
    ),
    value(
      'origin',
      rows.map(({ model }) => model.origin),
    ),
    { name: 'unpriced', label: label('unpriced'), kind: 'flag' },
    { name: 'update', label: label('update'), kind: 'flag' },
  ];
}
