import * as v from 'valibot';
import { groups } from '@/lib/group-by';
import { choice, pageEntries } from '@/lib/search';

export const measures = ['calls', 'tokens', 'cost'] as const;
export const metrics = ['duration', 'ttft'] as const;

export const search = v.object({
  ...pageEntries,
  by: choice(groups),
  measure: choice(measures),
  metric: choice(metrics),
});
