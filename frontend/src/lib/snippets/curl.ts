import { isStreamed, type SnippetRequest, urlOf } from './snippet';

/** `-N` shows a stream as it comes. */
export function curlSnippet(request: SnippetRequest): string {
  const flags = isStreamed(request) ? '-N ' : '';
  const body = JSON.stringify(request.body, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl ${flags}${urlOf(request)} \\`,
    `  -H ${quoted(`Authorization: Bearer ${request.apiKey}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body}'`,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
