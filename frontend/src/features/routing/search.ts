import * as v from 'valibot';
import { pageEntries } from '@/lib/search';

export const search = v.object({ ...pageEntries });
