/** The path below which the router lies, as it wrote it into the page; ends with a slash. */
export const base = new URL(document.baseURI).pathname;

/** Where a page belongs that was opened at the router itself and not below its path. */
export function placeBelow(base: string, pathname: string): string | undefined {
  if (pathname.startsWith(base)) return undefined;
  return `${pathname}/` === base ? base : `${base}${pathname.replace(/^\/+/, '')}`;
}
