import * as v from 'valibot';
import { choice, pageEntries, text } from '@/lib/search';

export const search = v.object({
  ...pageEntries,
  /** The open key, by its id or its name. */
  key: text,
  /** In names and prefixes. */
  q: text,
  revoked: choice(['1']),
  make: choice(['1']),
});

export type KeysSearch = v.InferOutput<typeof search>;
