import * as v from 'valibot';
import { pageEntries, text } from '@/lib/search';

/** `model` and `with` are targets as texts; `call` is a recorded call that is sent again. */
export const search = v.object({ ...pageEntries, model: text, with: text, call: text });
export type PlaygroundSearch = v.InferOutput<typeof search>;
