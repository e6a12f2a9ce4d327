import * as v from 'valibot';
import { pageEntries, text } from '@/lib/search';

/** `model` is what the programs name. */
export const search = v.object({ ...pageEntries, model: text });
export type ConnectSearch = v.InferOutput<typeof search>;
