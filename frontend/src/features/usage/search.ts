import * as v from 'valibot';
import { filterEntries, pageEntries } from '@/lib/search';

export const search = v.object({ ...pageEntries, ...filterEntries });
