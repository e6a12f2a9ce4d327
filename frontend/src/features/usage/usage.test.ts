import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { cachingOf, promptPrices } from './caching';
import { emptyPrice, estimate, formOf, readForm, readPrice } from './price';
import { sortedRows, usageCsv, usageTable } from './rows';

function figures(calls: number, cost?: number, unpriced = 0): Schemas['Figures'] {
  return {
    total_calls: calls,
    success_calls: calls,
    error_calls: 0,
    cancelled_calls: 0,
    prompt_tokens: calls * 100,
    completion_tokens: calls * 10,
    cached_tokens: calls * 40,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    total_tokens: calls * 110,
    total_duration_ms: 0,
    retried_calls: 0,
    unpriced_calls: unpriced,
    estimated_calls: 0,
    ...(cost === undefined ? {} : { total_cost: cost }),
  };
}

const model = (id: number, name: string, of: Schemas['Figures']): Schemas['ModelTotal'] => ({
  ...of,
  model_id: id,
  model_name: name,
  provider_id: 1,
  provider_name: 'openai',
});

const statistics: Schemas['StatisticsAnswer'] = {
  overall: { ...figures(10, 4, 3), start_time: '', end_time: '' },
  by_model: [model(1, 'gpt', figures(5, 3)), model(2, 'mini', figures(3, undefined, 3))],
  by_provider: [],
  by_key: [
    { ...figures(6, 4), api_key_id: null, api_key: null },
    { ...figures(4), api_key_id: 2, api_key: 'ci-bot' },
  ],
  by_tag: [{ ...figures(9, 4), tag: 'coding' }],
  errors: [],
  recent_errors: [],
  covered_from: '',
};

describe('the table', () => {
  it('has a line a group, one for the rest, and the whole', () => {
    const { rows, total } = usageTable(statistics, 'model', 'cost');
    expect(rows.map(({ key, kind, calls, cost, share }) => [key, kind, calls, cost, share])).toEqual([
      ['openai/gpt', 'group', 5, 3, 0.75],
      ['openai/mini', 'group', 3, undefined, undefined],
      ['', 'none', 2, 1, 0.25],
    ]);
    expect(total).toMatchObject({ kind: 'total', calls: 10, tokens: 1100, cost: 4, unpriced: 3, share: 1 });
  });
  it('sorts, with what is unknown last', () => {
    const { rows } = usageTable(statistics, 'model', 'cost');
    expect(sortedRows(rows, 'cost', true).map(({ cost }) => cost)).toEqual([3, 1, undefined]);
    expect(sortedRows(rows, 'cost', false).map(({ cost }) => cost)).toEqual([1, 3, undefined]);
    expect(sortedRows(rows, 'key', false).map(({ key }) => key)).toEqual(['', 'openai/gpt', 'openai/mini']);
  });
  it('takes a rest of next to nothing for nothing', () => {
    const rest = { ...statistics, overall: { ...statistics.overall, total_cost: 3.00000000000004 } };
    expect(usageTable(rest, 'model', 'cost').rows[2]?.cost).toBe(0);
  });
  it('shares the measure', () => {
    expect(usageTable(statistics, 'model', 'calls').rows[0]?.share).toBe(0.5);
    expect(usageTable(statistics, 'model', 'tokens').rows[1]?.share).toBe(0.3);
  });
  it('names calls without a key apart', () => {
    expect(usageTable(statistics, 'key', 'cost').rows.map(({ kind }) => kind)).toEqual(['local', 'group']);
  });
  it('has no rest of tags', () => {
    expect(usageTable(statistics, 'tag', 'cost').rows).toHaveLength(1);
  });
  it('shares nothing of nothing', () => {
    const none = { ...statistics, overall: { ...statistics.overall, ...figures(0) }, by_model: [] };
    expect(usageTable(none, 'model', 'calls')).toMatchObject({ rows: [], total: { share: undefined } });
  });
  it('is a file with the whole in its last line', () => {
    const table = usageTable(statistics, 'tag', 'calls');
    const text = usageCsv(table, ['Tag', 'Calls'], ({ key, kind }) => (kind === 'total' ? 'Total' : key));
    expect(text.split('\r\n')).toEqual([
      '\uFEFFTag,Calls',
      'coding,9,900,360,90,0,990,4,0,0.9',
      'Total,10,1000,400,100,0,1100,4,3,1',
      '',
    ]);
  });
});

describe('caching', () => {
  const config = { cost_per_1k_tokens: 0.002, cost_per_1k_cached_tokens: 0.0005, cost_per_1k_cache_write_tokens: null };
  const listed: Schemas['PriceSuggestion'] = {
    model_id: 1,
    model_name: 'gpt',
    provider_name: 'openai',
    has_update: false,
    pricing_info: {
      model_name: 'gpt',
      provider: 'openai',
      input_price_per_1k: 0.01,
      cached_price_per_1k: 0.001,
      source: '',
      list: 'prices.toml',
      last_updated: '2026-11-23',
      unverified: false,
    },
  };
  it('takes the price that counts', () => {
    expect(promptPrices(config, listed)).toEqual({ prompt: 0.002, cached: 0.0005, write: undefined });
    expect(promptPrices({}, listed)).toEqual({ prompt: 0.01, cached: 0.001, write: undefined });
    expect(promptPrices({}, { ...listed, has_update: true })).toBeUndefined();
    expect(promptPrices(undefined, undefined)).toBeUndefined();
  });
  it('sums what was saved, less what writing cost more', () => {
    const written = { ...model(1, 'gpt', figures(1000)), cache_write_tokens: 1000 };
    const prices = new Map([[1, { prompt: 0.002, cached: 0.0005, write: 0.0025 }]]);
    const { rows, saved, share } = cachingOf([written, model(2, 'mini', figures(10))], prices);
    expect(saved).toBeCloseTo((40_000 * 0.0015 - 1000 * 0.0005) / 1000, 12);
    expect(share).toBeCloseTo(0.4);
    expect(rows.map(({ name, saved: of }) => [name, of !== undefined])).toEqual([
      ['openai/gpt', true],
      ['openai/mini', false],
    ]);
  });
  it('saves nothing where cached tokens cost what the others cost, and says so', () => {
    const { rows, saved } = cachingOf(
      [model(1, 'gpt', figures(10))],
      new Map([[1, { prompt: 0.002, cached: undefined, write: undefined }]]),
    );
    expect([saved, rows[0]?.hasNoDiscount]).toEqual([0, true]);
  });
  it('is unknown where no price is known', () => {
    expect(cachingOf([model(1, 'gpt', figures(10))], new Map()).saved).toBeUndefined();
    expect(cachingOf([], new Map())).toEqual({ rows: [], cached: 0, share: undefined, saved: undefined });
  });
});

describe('a price', () => {
  it.each([
    ['2.4', 2.4],
    ['$0,24', 0.24],
    ['.5', 0.5],
    ['0', 0],
    ['', undefined],
    ['x', null],
    ['-1', null],
    ['1e3', null],
    ['2000000', null],
  ])('reads %s', (text, value) => expect(readPrice(text)).toBe(value));

  it('needs the prompt’s and the completion’s', () => {
    expect(readForm(emptyPrice).problems).toEqual({ input: 'missing', output: 'missing' });
    const { prices, problems } = readForm({ ...emptyPrice, input: '2.4', output: 'x' });
    expect([prices, problems]).toEqual([undefined, { output: 'invalid' }]);
  });
  it('is sent by the thousand', () => {
    expect(readForm({ input: '2.4', output: '9.6', cached: '0.24', write: '' }).prices).toEqual({
      cost_per_1k_tokens: 0.0024,
      cost_per_1k_completion_tokens: 0.0096,
      cost_per_1k_cached_tokens: 0.00024,
      cost_per_1k_cache_write_tokens: null,
    });
  });
  it('comes from a list by the million', () => {
    const form = formOf({
      model_name: '',
      provider: '',
      input_price_per_1k: 0.0000024,
      output_price_per_1k: 0.01,
      source: '',
      list: 'prices.toml',
      last_updated: '',
      unverified: false,
    });
    expect(form).toEqual({ input: '0.0024', output: '10', cached: '', write: '' });
  });
  it('is counted as the router counts it', () => {
    const tokens = { ...figures(1000), completion_tokens: 0 };
    const prices = readForm({ input: '2', output: '10', cached: '0.5', write: '' }).prices;
    const { parts, total } = estimate(tokens, prices ?? ({} as never));
    expect(parts.map(({ kind, tokens: amount }) => [kind, amount])).toEqual([
      ['input', 60_000],
      ['cached', 40_000],
      ['output', 10_000],
    ]);
    expect(total).toBeCloseTo(0.12 + 0.02 + 0.1, 12);
  });
});
