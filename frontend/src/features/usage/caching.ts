import type { Schemas } from '@/api/client';

/** Dollars per 1,000 tokens. A price that is absent is that of the prompt. */
export interface PromptPrices {
  prompt: number;
  cached: number | undefined;
  write: number | undefined;
}

type Config = Pick<
  Schemas['ModelConfig'],
  'cost_per_1k_tokens' | 'cost_per_1k_cached_tokens' | 'cost_per_1k_cache_write_tokens'
>;

/** The price that counts now: the model's own, else that of the lists where the router uses it. */
export function promptPrices(
  config: Config | undefined,
  suggestion: Schemas['PriceSuggestion'] | undefined,
): PromptPrices | undefined {
  const own = config?.cost_per_1k_tokens ?? undefined;
  if (own !== undefined) {
    return {
      prompt: own,
      cached: config?.cost_per_1k_cached_tokens ?? undefined,
      write: config?.cost_per_1k_cache_write_tokens ?? undefined,
    };
  }
  const listed = suggestion?.has_update === false ? suggestion.pricing_info : undefined;
  if (!listed || listed.input_price_per_1k === null || listed.input_price_per_1k === undefined) return undefined;
  return {
    prompt: listed.input_price_per_1k,
    cached: listed.cached_price_per_1k ?? undefined,
    write: listed.cache_write_price_per_1k ?? undefined,
  };
}

export interface CachingRow {
  name: string;
  cached: number;
  /** Of the prompt's tokens. */
  share: number;
  /** Dollars, less what writing into the cache cost more; unknown without a price. */
  saved: number | undefined;
  /** No price of its own for cached tokens: they cost what the others cost. */
  hasNoDiscount: boolean;
}

export interface Caching {
  rows: CachingRow[];
  cached: number;
  share: number | undefined;
  saved: number | undefined;
}

type ModelFigures = Pick<
  Schemas['ModelTotal'],
  'model_id' | 'model_name' | 'provider_name' | 'prompt_tokens' | 'cached_tokens' | 'cache_write_tokens'
>;

/** What tokens read from the caches of the providers would have cost more, at the prices of now. */
export function cachingOf(models: readonly ModelFigures[], prices: ReadonlyMap<number, PromptPrices>): Caching {
  const prompts = models.reduce((sum, { prompt_tokens }) => sum + prompt_tokens, 0);
  const cached = models.reduce((sum, { cached_tokens }) => sum + cached_tokens, 0);
  const rows = models
    .filter(({ cached_tokens }) => cached_tokens > 0)
    .map((model): CachingRow => {
      const price = prices.get(model.model_id);
      return {
        name: `${model.provider_name}/${model.model_name}`,
        cached: model.cached_tokens,
        share: model.prompt_tokens ? model.cached_tokens / model.prompt_tokens : 0,
        saved: price && savedBy(model, price),
        hasNoDiscount: price !== undefined && price.cached === undefined,
      };
    })
    .sort((a, b) => (b.saved ?? -1) - (a.saved ?? -1) || b.cached - a.cached);
  const known = rows.flatMap(({ saved }) => (saved === undefined ? [] : [saved]));
  return {
    rows,
    cached,
    share: prompts ? cached / prompts : undefined,
    saved: known.length ? known.reduce((sum, saved) => sum + saved, 0) : undefined,
  };
}

function savedBy({ cached_tokens, cache_write_tokens }: ModelFigures, price: PromptPrices): number {
  const discount = price.prompt - (price.cached ?? price.prompt);
  const surcharge = (price.write ?? price.prompt) - price.prompt;
  return (cached_tokens * discount - cache_write_tokens * surcharge) / 1000;
}
