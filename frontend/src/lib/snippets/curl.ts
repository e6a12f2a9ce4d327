import { isStreamed, type SnippetRequest, urlOf } from './snippet';

// On one line as long as it is read at a glance.
const longest = 100;

/** `-N` shows a stream as it comes. */
export function curlSnippet(request: SnippetRequest): string {
  const flags = isStreamed(request) ? '-N ' : '';
  const short = JSON.stringify(request.body);
  const body = short.length <= longest ? short : JSON.stringify(request.body, null, 2);
  return [
    `curl ${flags}${urlOf(request)} \\`,
    `  -H ${quoted(`Authorization: Bearer ${request.apiKey}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(body)}`,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
