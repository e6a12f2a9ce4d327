import type { configuration as en } from '../en/configuration';

export const configuration: typeof en = {};
