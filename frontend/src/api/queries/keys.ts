import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, doneBy, dryRunOf, type Schemas } from '../client';

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

export function createKey(body: Schemas['KeyBody']) {
  return answerOf(api.POST('/api-keys', { body }));
}

export function changeKey(id: number, body: Schemas['KeyPatch']) {
  return answerOf(api.PATCH('/api-keys/{id}', { params: { path: { id } }, body }));
}

/** Refused as the change itself would be; nothing is written. */
export function tryChangeKey(id: number, body: Schemas['KeyPatch']): Promise<Schemas['DryRun']> {
  return dryRunOf(api.PATCH('/api-keys/{id}', { params: { path: { id }, query: { dry_run: true } }, body }));
}

export function rotateKey(id: number, graceSeconds: number) {
  return answerOf(
    api.POST('/api-keys/{id}/rotate', { params: { path: { id } }, body: { grace_seconds: graceSeconds } }),
  );
}

export async function revokeKey(id: number): Promise<void> {
  await doneBy(api.DELETE('/api-keys/{id}', { params: { path: { id } } }));
}
