import type { Schemas } from '@/api/client';

/** The route of a recorded call, or of one that is explained. */
export type Route = Schemas['RouteTrace'];

/** `upstream_rate_limited` → `rate limited`: the code as a word. */
export function outcomeWord(code: string): string {
  return code.replace(/^upstream_/, '').replaceAll('_', ' ');
}
