import type { Schemas } from '@/api/client';
import type { ModelPrices } from '@/api/queries/prices';

/** A price as it is typed: dollars per million tokens, the unit of the providers' own lists. */
export interface PriceForm {
  input: string;
  output: string;
  cached: string;
  write: string;
}

export const emptyPrice: PriceForm = { input: '', output: '', cached: '', write: '' };

/** Over it, the router takes a price for a mistake. */
const mostPerMillion = 1_000_000;

/** A number of dollars; `undefined` where nothing stands, `null` where it is none. */
export function readPrice(text: string): number | undefined | null {
  const plain = text.trim().replace(/^\$/, '').replace(',', '.');
  if (plain === '') return undefined;
  const value = Number(plain);
  return /^\d*\.?\d*$/.test(plain) && value <= mostPerMillion ? value : null;
}

function perMillion(perThousand: number | null | undefined): string {
  // 0.0000024 × 1,000 is 0.0024000000000000002 otherwise.
  return perThousand === null || perThousand === undefined ? '' : String(Number((perThousand * 1000).toPrecision(12)));
}

export function formOf(listed: Schemas['PriceView']): PriceForm {
  return {
    input: perMillion(listed.input_price_per_1k),
    output: perMillion(listed.output_price_per_1k),
    cached: perMillion(listed.cached_price_per_1k),
    write: perMillion(listed.cache_write_price_per_1k),
  };
}

export type PriceProblem = 'missing' | 'invalid';

/** The prices as the API takes them, or what is wrong with each field. */
export function readForm(form: PriceForm): {
  prices: ModelPrices | undefined;
  problems: Partial<Record<keyof PriceForm, PriceProblem>>;
} {
  const problems: Partial<Record<keyof PriceForm, PriceProblem>> = {};
  const read = (name: keyof PriceForm, isNeeded: boolean): number | null => {
    const value = readPrice(form[name]);
    if (value === null) problems[name] = 'invalid';
    if (value === undefined && isNeeded) problems[name] = 'missing';
    return typeof value === 'number' ? Number((value / 1000).toPrecision(12)) : null;
  };
  const prices: ModelPrices = {
    cost_per_1k_tokens: read('input', true),
    cost_per_1k_completion_tokens: read('output', true),
    cost_per_1k_cached_tokens: read('cached', false),
    cost_per_1k_cache_write_tokens: read('write', false),
  };
  return { prices: Object.keys(problems).length ? undefined : prices, problems };
}

export interface EstimatePart {
  kind: keyof PriceForm;
  tokens: number;
  /** Dollars per million. */
  price: number;
  cost: number;
}

type Tokens = Pick<
  Schemas['Figures'],
  'prompt_tokens' | 'cached_tokens' | 'cache_write_tokens' | 'completion_tokens' | 'total_tokens'
>;

/** What these tokens cost at that price, part by part, as the router counts a call. */
export function estimate(tokens: Tokens, prices: ModelPrices): { parts: EstimatePart[]; total: number } {
  const input = prices.cost_per_1k_tokens ?? 0;
  const cached = Math.min(tokens.cached_tokens, tokens.prompt_tokens);
  const written = Math.min(tokens.cache_write_tokens, tokens.prompt_tokens - cached);
  const output = Math.max(tokens.completion_tokens, tokens.total_tokens - tokens.prompt_tokens);
  const part = (kind: keyof PriceForm, amount: number, perThousand: number): EstimatePart => ({
    kind,
    tokens: amount,
    price: perThousand * 1000,
    cost: (amount * perThousand) / 1000,
  });
  const parts = [
    part('input', tokens.prompt_tokens - cached - written, input),
    part('cached', cached, prices.cost_per_1k_cached_tokens ?? input),
    part('write', written, prices.cost_per_1k_cache_write_tokens ?? input),
    part('output', output, prices.cost_per_1k_completion_tokens ?? 0),
  ].filter(({ tokens: amount }) => amount > 0);
  return { parts, total: parts.reduce((sum, { cost }) => sum + cost, 0) };
}
