import { createParser } from 'eventsource-parser';
import { apiUrl } from '@/api/client';
import { session } from '@/api/session';
import type { Piece } from './answer';
import { cut, type Failure, failureOf, unreachable } from './failure';
import { readAnswer, readEvent } from './pieces';
import type { BuiltRequest } from './request';

export interface Listener {
  onHead: (head: { requestId: string | undefined; servedBy: string | undefined }) => void;
  onPiece: (piece: Piece) => void;
}

/** Sends a request and hears its answer. Resolves with the failure, if there is one; an abort is none. */
export async function send(
  { path, body }: Pick<BuiltRequest, 'path' | 'body'>,
  { onHead, onPiece }: Listener,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
      body: JSON.stringify(body),
      signal,
    });
  } catch (cause) {
    return signal.aborted ? undefined : unreachable(cause);
  }
  if (response.status === 401) session.set(true);
  onHead({ requestId: response.headers.get('x-request-id') ?? undefined, servedBy: servedBy(response.headers) });
  try {
    if (!response.ok) return failureOf(response.status, await jsonOf(response), response.headers);
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body) return await hear(response.body, onPiece);
    onPiece(readAnswer(await response.json()));
    return undefined;
  } catch (cause) {
    return signal.aborted ? undefined : cut(cause);
  }
}

async function hear(body: ReadableStream<Uint8Array>, onPiece: Listener['onPiece']): Promise<Failure | undefined> {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return cut();
    parser.feed(decoder.decode(value, { stream: true }));
    for (const data of events.splice(0)) {
      const { piece, failure, isLast } = readEvent(data);
      if (failure) return failure;
      onPiece(piece);
      if (isLast) return undefined;
    }
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's own page; its beginning tells whose it is.
    return { message: text.slice(0, 300).trim() || response.statusText };
  }
}

/** `openai/gpt-5.1;attempts=2` */
function servedBy(headers: Headers): string | undefined {
  const model = headers.get('x-llm-router-route')?.split(';')[0];
  if (!model) return undefined;
  try {
    return decodeURIComponent(model);
  } catch {
    return model;
  }
}
