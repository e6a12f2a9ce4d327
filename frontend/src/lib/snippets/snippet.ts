/** A request as a program sends it; each language writes the same one. */
export interface SnippetRequest {
  /** With `/v1` at its end. */
  baseUrl: string;
  apiKey: string;
  /** `/v1/chat/completions` is what client libraries call; `/route/invoke` is the router's own. */
  path: '/v1/chat/completions' | '/route/invoke';
  body: Record<string, unknown>;
}

export const languages = ['python', 'javascript', 'curl'] as const;
export type SnippetLanguage = (typeof languages)[number];

export function urlOf({ baseUrl, path }: SnippetRequest): string {
  return baseUrl.replace(/\/v1$/, path);
}

export function isStreamed({ body, path }: SnippetRequest): boolean {
  const request = path === '/route/invoke' ? (body.request as Record<string, unknown> | undefined) : body;
  return request?.stream === true;
}
