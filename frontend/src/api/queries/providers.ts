import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, dryRunOf, type Schemas } from '../client';

export function providersQuery() {
  return queryOptions({
    queryKey: ['providers'],
    queryFn: ({ signal }) => answerOf(api.GET('/providers', { signal })),
    placeholderData: keepPreviousData,
  });
}

export function createProvider(body: Schemas['ProviderBody']): Promise<Schemas['ChangedProvider']> {
  return answerOf(api.POST('/providers', { body }));
}

export function changeProvider(name: string, body: Schemas['ProviderPatch']): Promise<Schemas['ChangedProvider']> {
  return answerOf(api.PATCH('/providers/{name}', { params: { path: { name } }, body }));
}

/** With `force` its models go too. */
export function deleteProvider(name: string, force: boolean): Promise<Schemas['Deleted']> {
  const query = force ? { force } : {};
  return answerOf(api.DELETE('/providers/{name}', { params: { path: { name }, query } }));
}

/** A real, small call; a failed one is an answer too. */
export function testProvider(name: string): Promise<Schemas['Probe']> {
  return answerOf(api.POST('/providers/{name}/test', { params: { path: { name } } }));
}

/** Closes its circuit and those of its models. */
export function resetProvider(name: string): Promise<Schemas['ResetAnswer']> {
  return answerOf(api.POST('/providers/{name}/reset', { params: { path: { name } } }));
}

/** Refused as the change itself would be, with the side effects that it would have. Nothing is written. */
export function tryChangeProvider(name: string, body: Schemas['ProviderPatch']): Promise<Schemas['DryRun']> {
  return dryRunOf(api.PATCH('/providers/{name}', { params: { path: { name }, query: { dry_run: true } }, body }));
}
