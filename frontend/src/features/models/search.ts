import * as v from 'valibot';
import { choice, pageEntries, text } from '@/lib/search';

export const search = v.object({
  ...pageEntries,
  q: text,
  tag: text,
  provider: text,
  can: text,
  state: text,
  origin: text,
  unpriced: choice(['1']),
  update: choice(['1']),
  view: choice(['cards']),
  /** The open one, `provider/model`. */
  model: text,
  /** Making one; of which provider, where it is known. */
  add: text,
});
export type ModelsSearch = v.InferOutput<typeof search>;
