import * as v from 'valibot';
import { choice, filterEntries, pageEntries, text } from '@/lib/search';

export const orders = ['duration', 'tokens', 'cost'] as const;

/** `call` is the open row; without `order` the list is by time. */
export const search = v.object({
  ...pageEntries,
  ...filterEntries,
  call: text,
  order: choice(orders),
  asc: choice(['1']),
});

export type CallsSearch = v.InferOutput<typeof search>;
