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
