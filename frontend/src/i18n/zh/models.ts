import type { models as en } from '../en/models';

export const models: typeof en = {};
