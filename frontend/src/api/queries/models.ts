import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, dryRunOf, type Schemas } from '../client';

export function modelsQuery() {
  return queryOptions({
    queryKey: ['models'],
    queryFn: ({ signal }) => answerOf(api.GET('/models', { params: { query: { include_inactive: true } }, signal })),
    placeholderData: keepPreviousData,
  });
}

export interface ModelName {
  provider: string;
  model: string;
}

export function createModel(body: Schemas['ModelBody']): Promise<Schemas['ChangedModel']> {
  return answerOf(api.POST('/models', { body }));
}

export function changeModel(path: ModelName, body: Schemas['ModelPatch']): Promise<Schemas['ChangedModel']> {
  return answerOf(api.PATCH('/models/{provider}/{model}', { params: { path }, body }));
}

export function deleteModel(path: ModelName): Promise<Schemas['Deleted']> {
  return answerOf(api.DELETE('/models/{provider}/{model}', { params: { path } }));
}

/** Refused as the change itself would be, with the side effects that it would have. Nothing is written. */
export function tryChangeModel(path: ModelName, body: Schemas['ModelPatch']): Promise<Schemas['DryRun']> {
  return dryRunOf(api.PATCH('/models/{provider}/{model}', { params: { path, query: { dry_run: true } }, body }));
}
