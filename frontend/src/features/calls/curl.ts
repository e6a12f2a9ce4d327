import type { CallDetail } from '@/api/queries/invocations';
import { isObject, parsedBody } from '@/lib/bodies';

type Recorded = Pick<CallDetail, 'endpoint' | 'requested' | 'request_body' | 'provider_name' | 'model_name'>;

/** A command that sends the recorded request again; `YOUR_KEY` is to be replaced. */
export function curlOf(call: Recorded, origin: string): string | undefined {
  const body = parsedBody(call.request_body);
  if (!isObject(body)) return undefined;
  const isChat = call.endpoint !== 'invoke' && call.endpoint !== 'route';
  // The model may have stood in the path.
  const sent = isChat && body.model === undefined ? { model: call.requested, ...body } : body;
  return [
    `curl ${origin}${pathOf(call)} \\`,
    "  -H 'Authorization: Bearer YOUR_KEY' \\",
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(JSON.stringify(sent))}`,
  ].join('\n');
}

function pathOf({ endpoint, provider_name, model_name }: Recorded): string {
  if (endpoint === 'route') return '/route/invoke';
  if (endpoint === 'invoke') return `/models/${provider_name}/${model_name}/invoke`;
  return '/v1/chat/completions';
}

/** For a shell: within single quotes only they themselves need care. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The router's own address, as the snippets of `/me` have it. */
export function originIn(snippets: Record<string, string> | undefined): string | undefined {
  return /https?:\/\/\S+?(?=\/v1\/)/.exec(snippets?.curl ?? '')?.[0];
}
