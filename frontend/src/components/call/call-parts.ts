import type { Schemas } from '@/api/client';

/** The parts of a recorded call that the document leaves open. */
export type Route = Schemas['RouteTrace'];
export type Timings = Schemas['Timings'];
type Detail = Schemas['InvocationDetail'];

export interface Price {
  input_per_1m: number | null;
  cached_per_1m: number | null;
  cache_write_per_1m: number | null;
  output_per_1m: number | null;
  reasoning_per_1m: number | null;
  source: string;
  as_of: string | null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function routeOf(call: Detail): Route | undefined {
  return isObject(call.route) ? (call.route as Route) : undefined;
}

export function timingsOf(call: Detail): Timings | undefined {
  return isObject(call.timings) ? (call.timings as Timings) : undefined;
}

export function priceOf(call: Detail): Price | undefined {
  const price: unknown = call.price;
  return isObject(price) && 'input_per_1m' in price ? (price as Price) : undefined;
}

/** `upstream_rate_limited` → `rate limited`: the code as a word. */
export function outcomeWord(code: string): string {
  return code.replace(/^upstream_/, '').replaceAll('_', ' ');
}
