/** Texts of this page only; add them here and in zh/models.ts. */
export const models = {};
