import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function meQuery() {
  return queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => answerOf(api.GET('/me', { signal })),
    staleTime: 60_000,
  });
}

/** The key goes to the router once; what comes back is a cookie that scripts cannot read. */
export async function login(apiKey: string): Promise<void> {
  const body = { api_key: apiKey, cookie: true };
  await answerOf(api.POST('/auth/login', { body }));
}

export async function logout(): Promise<void> {
  await answerOf(api.POST('/auth/logout'));
}
