/** Texts of this page only; add them here and in zh/connect.ts. */
export const connect = {};
