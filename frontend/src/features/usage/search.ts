import * as v from 'valibot';
import { groups } from '@/lib/group-by';
import { choice, pageEntries, text } from '@/lib/search';

export const measures = ['cost', 'tokens', 'calls'] as const;

/** The filters that a sum can be split by; one call is looked for under Calls. */
export const search = v.object({
  ...pageEntries,
  by: choice(groups),
  measure: choice(measures),
  model: text,
  provider: text,
  key: text,
  tag: text,
});

export type UsageSearch = v.InferOutput<typeof search>;
