import type { providers as en } from '../en/providers';

export const providers: typeof en = {};
