/** Texts of this page only; add them here and in zh/usage.ts. */
export const usage = {};
