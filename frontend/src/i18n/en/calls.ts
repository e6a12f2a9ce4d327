/** Texts of this page only; add them here and in zh/calls.ts. */
export const calls = {};
