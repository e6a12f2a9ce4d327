import type { routing as en } from '../en/routing';

export const routing: typeof en = {};
