/** Texts of this page only; add them here and in zh/routing.ts. */
export const routing = {};
