import * as v from 'valibot';
import { pageEntries, text } from '@/lib/search';

export const search = v.object({
  ...pageEntries,
  /** The node that filters: `ask:quick` or `model:openai/gpt`. */
  node: text,
  /** What the explain form asks for, and with which prompt. */
  ask: text,
  prompt: text,
});

export type RoutingSearch = v.InferOutput<typeof search>;
