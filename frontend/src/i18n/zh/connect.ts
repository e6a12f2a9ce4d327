import type { connect as en } from '../en/connect';

export const connect: typeof en = {};
