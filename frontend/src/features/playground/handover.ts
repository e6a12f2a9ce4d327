import type { CallDetail } from '@/api/queries/invocations';
import { isObject, parsedBody } from '@/lib/bodies';

/**
 * A recorded call that is to be sent again goes to `/ui/playground?call=<id>`: a link that survives a reload. The
 * Playground reads the call with `callQuery(id)` and takes from it what is here.
 */
export interface Handover {
  /** As the client asked for it: a model, an alias, a pair, `auto` or `tag:…`. */
  target: string;
  /** The request as OpenAI's API has it, without `model` and `stream`. */
  body: Record<string, unknown>;
}

export function handoverSearch(id: number): { call: string } {
  return { call: String(id) };
}

/** Nothing where the request was not kept or is no JSON. */
export function handoverOf(call: Pick<CallDetail, 'requested' | 'request_body'>): Handover | undefined {
  const whole = parsedBody(call.request_body);
  if (!isObject(whole)) return undefined;
  // `/route/invoke` has its request inside, `/invoke` its parameters.
  const { request, query: _query, parameters, prompt, batch: _batch, ...rest } = whole;
  const inner = isObject(request) ? handoverOf({ ...call, request_body: JSON.stringify(request) })?.body : undefined;
  const {
    model: _model,
    stream: _stream,
    stream_options: _options,
    ...body
  } = {
    ...rest,
    ...(typeof prompt === 'string' ? { messages: [{ role: 'user', content: prompt }] } : {}),
    ...(isObject(parameters) ? parameters : {}),
    ...inner,
  } as Record<string, unknown>;
  return { target: call.requested, body };
}
