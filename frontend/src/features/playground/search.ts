import * as v from 'valibot';
import { pageEntries, text } from '@/lib/search';

/** `call` is a recorded call whose request is taken over; see `handover.ts`. */
export const search = v.object({ ...pageEntries, call: text });
