import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';

/** What the lists of prices say of each model. */
export function suggestionsQuery() {
  return queryOptions({
    queryKey: ['pricing', 'suggestions'],
    queryFn: ({ signal }) => answerOf(api.GET('/pricing/suggestions', { signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
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

/** Takes over the price of the lists, with its source and date. */
export async function takeSuggestion(modelId: number): Promise<void> {
  const path = { model_id: modelId };
  const { success, message } = await answerOf(api.POST('/pricing/sync/{model_id}', { params: { path } }));
  if (!success) throw new Error(message);
}

/** Counts the model's past calls that have no cost with the price that it has now, or says what that would change. */
export function recompute(modelId: number, dryRun: boolean): Promise<Schemas['Recomputed']> {
  const filters = { model_id: modelId, unpriced: true };
  return answerOf(api.POST('/pricing/recompute', { body: { filters, dry_run: dryRun } }));
}
