import type { calls as en } from '../en/calls';

export const calls: typeof en = {};
