/** Texts of this page only; add them here and in zh/configuration.ts. */
export const configuration = {};
