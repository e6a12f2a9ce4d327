import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, dryRunOf } from '../client';

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
    queryFn: ({ signal }) => dryRunOf(api.POST('/config/preview', { signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

/** All that runs now, in the shape of router.toml. */
export function runningConfigQuery() {
  return queryOptions({
    queryKey: ['config', 'running'],
    queryFn: ({ signal }) => answerOf(api.GET('/config', { signal })),
  });
}

export function syncConfig() {
  return answerOf(api.POST('/config/sync'));
}
