import * as v from 'valibot';
import { choice, pageEntries, text } from '@/lib/search';

export const journals = ['all', 'reloads', 'changes', 'circuits'] as const;
export const parts = ['settings', 'providers', 'models', 'keys'] as const;

export const search = v.object({
  ...pageEntries,
  journal: choice(journals),
  subject: text,
  /** The open event, by its id. */
  event: text,
  part: choice(parts),
  sync: choice(['1']),
});

export type ConfigurationSearch = v.InferOutput<typeof search>;
