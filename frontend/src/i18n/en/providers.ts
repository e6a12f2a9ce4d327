/** Texts of this page only; add them here and in zh/providers.ts. */
export const providers = {};
