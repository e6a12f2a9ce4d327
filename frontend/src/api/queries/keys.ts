import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, doneBy, type Schemas } from '../client';
import { invocationsQuery } from './invocations';

export function keysQuery() {
  return queryOptions({
    queryKey: ['keys'],
    queryFn: ({ signal }) => answerOf(api.GET('/api-keys', { signal })),
    placeholderData: keepPreviousData,
  });
}

/** The revoked ones too. */
export function allKeysQuery() {
  return queryOptions({
    queryKey: ['keys', 'all'],
    queryFn: ({ signal }) => answerOf(api.GET('/api-keys', { params: { query: { include_revoked: true } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
}

/** When a key was used last: the newest of its calls. */
export function lastCallQuery(id: number) {
  return queryOptions({
    ...invocationsQuery({ api_key_id: String(id), limit: 1 }),
    staleTime: 30_000,
    select: ({ items }) => items[0],
  });
}

export function createKey(body: Schemas['KeyBody']) {
  return answerOf(api.POST('/api-keys', { body }));
}

export function changeKey(id: number, body: Schemas['KeyPatch']) {
  return answerOf(api.PATCH('/api-keys/{id}', { params: { path: { id } }, body }));
}

export function rotateKey(id: number, graceSeconds: number) {
  return answerOf(
    api.POST('/api-keys/{id}/rotate', { params: { path: { id } }, body: { grace_seconds: graceSeconds } }),
  );
}

export async function revokeKey(id: number): Promise<void> {
  await doneBy(api.DELETE('/api-keys/{id}', { params: { path: { id } } }));
}
