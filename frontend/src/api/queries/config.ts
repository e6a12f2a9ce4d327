import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, dryRunOf, type Schemas } from '../client';

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
    queryFn: ({ signal }) => orRefusal(api.POST('/config/preview', { signal }), dryRunOf),
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
  return orRefusal(api.POST('/config/sync'), answerOf);
}

type Refusal = Schemas['SyncAnswer'];

/** A file that is refused is an answer too: it has the status 400, and the places of its errors. */
async function orRefusal<Outcome extends { error?: unknown }, Answer>(
  request: Promise<Outcome>,
  read: (request: Promise<Outcome>) => Promise<Answer>,
): Promise<Answer | Refusal> {
  let refusal: Refusal | undefined;
  const watched = request.then((outcome) => {
    const { error } = outcome;
    if (typeof error === 'object' && error !== null && 'errors' in error) refusal = error as Refusal;
    return outcome;
  });
  try {
    return await read(watched);
  } catch (problem) {
    if (refusal) return refusal;
    throw problem;
  }
}
