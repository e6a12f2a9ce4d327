import { apiUrl } from '@/api/client';

/** What a client library takes as its base URL: `/v1` beside the console, or behind the development server's proxy. */
export function baseUrl(): string {
  return __API_BASE__ === 'api/' ? new URL('v1', document.baseURI).href : apiUrl('v1');
}

/** The router's own address, for its other routes. */
export function routerUrl(path: string): string {
  return baseUrl().replace(/v1$/, path);
}
