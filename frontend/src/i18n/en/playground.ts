/** Texts of this page only; add them here and in zh/playground.ts. */
export const playground = {};
