/** Texts of this page only; add them here and in zh/keys.ts. */
export const keys = {};
