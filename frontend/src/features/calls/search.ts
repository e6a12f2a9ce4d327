import * as v from 'valibot';
import { filterEntries, pageEntries, text } from '@/lib/search';

/** `call` is the open row. */
export const search = v.object({ ...pageEntries, ...filterEntries, call: text });
