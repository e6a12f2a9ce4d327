import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';

/** Each model's price beside that of the lists. */
export function priceSuggestionsQuery() {
  return queryOptions({
    queryKey: ['prices', 'suggestions'],
    queryFn: ({ signal }) => answerOf(api.GET('/pricing/suggestions', { signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

/** Takes over the price that the lists have for a model. */
export function syncPrice(model_id: number): Promise<Schemas['PriceSync']> {
  return answerOf(api.POST('/pricing/sync/{model_id}', { params: { path: { model_id } } }));
}

/** Dollars per 1,000 tokens, as `[models.config]` has them; `null` takes a price away. */
export interface ModelPrices {
  cost_per_1k_tokens: number | null;
  cost_per_1k_completion_tokens: number | null;
  cost_per_1k_cached_tokens: number | null;
  cost_per_1k_cache_write_tokens: number | null;
}

export function setPrices(provider: string, model: string, prices: ModelPrices): Promise<Schemas['ChangedModel']> {
  const body = { config: { ...prices } };
  return answerOf(api.PATCH('/models/{provider}/{model}', { params: { path: { provider, model } }, body }));
}

/** Counts the model's past calls that have no cost with the price that it has now, or says what that would change. */
export function recompute(modelId: number, dryRun: boolean): Promise<Schemas['Recomputed']> {
  const filters = { model_id: modelId, unpriced: true };
  return answerOf(api.POST('/pricing/recompute', { body: { filters, dry_run: dryRun } }));
}
