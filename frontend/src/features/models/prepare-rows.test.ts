import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { callsOf, filterFields, filterRows, rowsOf } from './prepare-rows';
import { modelView } from './testing';

const provider = (name: string, changes: Partial<Schemas['ProviderHealth']> = {}): Schemas['ProviderHealth'] => ({
  name,
  state: 'ready',
  circuit: 'closed',
  ...changes,
});
const health = {
  providers: [
    provider('openai'),
    provider('claude', { state: 'no key', detail: 'provider `claude` has no key: set X' }),
  ],
  models: [
    { name: 'openai/gpt', circuit: 'closed' },
    { name: 'openai/mini', circuit: 'open', retry_after: 12, cause: 'provider `openai`: answered 500' },
  ],
} as unknown as Schemas['Detail'];
const models = [
  modelView({ tags: ['chat', 'coding'], config: { priority: 0, supports_tools: true, cost_per_1k_tokens: 0.001 } }),
  modelView({ id: 2, name: 'mini', tags: ['chat'], config: { priority: 0, supports_tools: false } }),
  modelView({ id: 3, name: 'opus', provider_name: 'claude', is_callable: false, origin: 'api' }),
  modelView({ id: 4, name: 'old', is_active: false, is_callable: false }),
];
const total = { model_id: 1, total_calls: 7 } as Schemas['ModelTotal'];
const rows = rowsOf({ models, health, totals: [total], prices: [] });

describe('the rows of models', () => {
  it('say how each stands', () => {
    expect(rows.map(({ standing }) => standing.word)).toEqual(['ready', 'cooling', 'noKey', 'off']);
    expect(rows[1]?.standing).toMatchObject({ retryAfter: 12, cause: 'answered 500' });
    expect(rows[2]?.standing.cause).toBe('has no key: set X');
  });
  it('follow the circuit and the switch of their provider', () => {
    const down = { ...health, providers: [provider('openai', { circuit: 'open', retry_after: 3 })] };
    expect(rowsOf({ models, health: down, totals: [], prices: [] })[0]?.standing).toMatchObject({
      word: 'cooling',
      retryAfter: 3,
    });
    const off = { ...health, providers: [provider('openai', { state: 'inactive' })] };
    expect(rowsOf({ models, health: off, totals: [], prices: [] })[0]?.standing.word).toBe('providerOff');
  });
  it('know no calls from calls that are not known', () => {
    expect(rows.map(callsOf)).toEqual([7, 0, 0, 0]);
    expect(rowsOf({ models, health, totals: undefined, prices: [] }).map(callsOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the filters of models', () => {
  const found = (filters: Parameters<typeof filterRows>[1]) => filterRows(rows, filters).map(({ model }) => model.id);
  it('hold together', () => {
    expect(found({ tag: 'chat' })).toEqual([1, 2]);
    expect(found({ can: 'tools' })).toEqual([1, 3, 4]);
    expect(found({ can: 'audio' })).toEqual([]);
    expect(found({ can: 'nonsense' })).toEqual([]);
    expect(found({ provider: 'claude', origin: 'api' })).toEqual([3]);
    expect(found({ state: 'cooling' })).toEqual([2]);
    expect(found({ unpriced: '1', tag: 'chat' })).toEqual([2]);
    expect(found({ q: 'OPENAI chat' })).toEqual([1, 2]);
  });
  it('offer what there is', () => {
    const fields = filterFields(rows, (name) => name);
    expect(fields.find(({ name }) => name === 'tag')?.options).toEqual([
      { value: 'chat', count: 2 },
      { value: 'coding', count: 1 },
    ]);
    expect(fields.find(({ name }) => name === 'state')?.options?.map(({ value }) => value)).toEqual([
      'ready',
      'cooling',
      'noKey',
      'off',
    ]);
  });
});
