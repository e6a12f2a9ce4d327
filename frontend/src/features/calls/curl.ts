import type { CallDetail } from '@/api/queries/invocations';
import { isObject, parsedBody } from '@/lib/bodies';

type Recorded = Pick<
  CallDetail,
  'endpoint' | 'requested' | 'request_body' | 'provider_name' | 'model_name' | 'is_stream'
>;

/** Where the model stands in the body, as it does in a chat's. */
const PATHS: Record<string, string> = {
  messages: '/v1/messages',
  responses: '/v1/responses',
  ollama_chat: '/api/chat',
  ollama_generate: '/api/generate',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
  moderations: '/v1/moderations',
  rerank: '/v1/rerank',
  images: '/v1/images/generations',
  speech: '/v1/audio/speech',
};

/** A command that sends the recorded request again; `YOUR_KEY` is to be replaced. */
export function curlOf(call: Recorded, origin: string): string | undefined {
  const body = parsedBody(call.request_body);
  if (!isObject(body)) return undefined;
  const isNamedInBody = !['invoke', 'route', 'gemini', 'gemini_embeddings'].includes(call.endpoint);
  // The model may have stood in the path.
  const sent = isNamedInBody && body.model === undefined ? { model: call.requested, ...body } : body;
  return [
    `curl ${origin}${pathOf(call, body)} \\`,
    "  -H 'Authorization: Bearer YOUR_KEY' \\",
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(JSON.stringify(sent))}`,
  ].join('\n');
}

function pathOf(call: Recorded, body: Record<string, unknown>): string {
  const { endpoint, provider_name, model_name } = call;
  if (endpoint === 'route') return '/route/invoke';
  if (endpoint === 'invoke') return `/models/${provider_name}/${model_name}/invoke`;
  if (endpoint === 'ollama_embeddings') return body.prompt === undefined ? '/api/embed' : '/api/embeddings';
  const model = `/v1beta/models/${call.requested}`;
  if (endpoint === 'gemini') {
    return call.is_stream ? `${model}:streamGenerateContent` : `${model}:generateContent`;
  }
  if (endpoint === 'gemini_embeddings') {
    return body.requests === undefined ? `${model}:embedContent` : `${model}:batchEmbedContents`;
  }
  return PATHS[endpoint] ?? '/v1/chat/completions';
}

/** For a shell: within single quotes only they themselves need care. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The router's own address, as the snippets of `/me` have it. */
export function originIn(snippets: Record<string, string> | undefined): string | undefined {
  return /https?:\/\/\S+?(?=\/v1\/)/.exec(snippets?.curl ?? '')?.[0];
}
