import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';

export function configStatusQuery() {
  return queryOptions({
    queryKey: ['config', 'status'],
    queryFn: ({ signal }) => answerOf(api.GET('/config/status', { signal })),
    refetchInterval: 10_000,
  });
}

/** What a sync would change; it changes nothing. */
export function configPreviewQuery() {
  return queryOptions({
    queryKey: ['config', 'preview'],
    queryFn: ({ signal }): Promise<Schemas['SyncAnswer']> =>
      answerOf(api.POST('/config/preview' as '/config/sync', { signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

export function syncConfig() {
  return answerOf(api.POST('/config/sync'));
}
