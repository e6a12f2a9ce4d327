import * as v from 'valibot';
import { choice, pageEntries, text } from '@/lib/search';

export const search = v.object({
  ...pageEntries,
  /** The open one. */
  provider: text,
  add: choice(['1']),
});
export type ProvidersSearch = v.InferOutput<typeof search>;
