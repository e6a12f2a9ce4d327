import * as v from 'valibot';

/** Search parameters are plain text in the URL (`model=openai/gpt`), not JSON; repeated names are lists. */
export type RawSearch = Record<string, string | string[]>;

export function parseSearch(text: string): RawSearch {
  const raw: RawSearch = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = raw[name];
    if (known === undefined) raw[name] = value;
    else raw[name] = Array.isArray(known) ? [...known, value] : [known, value];
  }
  return raw;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null || one === '') continue;
      parts.push(`${encodeURIComponent(name)}=${readable(String(one))}`);
    }
  }
  return parts.length ? `?${parts.join('&')}` : '';
}

// Slashes, colons and stars are allowed in a query; encoded they only make a link unreadable.
function readable(value: string): string {
  return encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');
}

/** A text that may be absent; what does not fit counts as absent, so that an old link still opens. */
export const text = v.fallback(v.optional(v.string()), undefined);

/** One of a few words; absent when it is the default. */
export function choice<const Options extends readonly string[]>(options: Options) {
  return v.fallback(v.optional(v.picklist(options)), undefined);
}

/** A bound; `>2s` in a link is `2s`. */
const bound = v.fallback(
  v.optional(
    v.pipe(
      v.string(),
      v.transform((value) => value.replace(/^\s*>=?\s*/, '')),
    ),
  ),
  undefined,
);

export const list = v.fallback(
  v.optional(
    v.pipe(
      v.union([v.string(), v.array(v.string())]),
      v.transform((value) => [value].flat()),
    ),
  ),
  undefined,
);

/** What every page has: the range, its zone, the comparison, live, and the language. */
export const pageEntries = {
  range: text,
  from: text,
  to: text,
  tz: text,
  compare: choice(['off']),
  live: choice(['off']),
  lang: choice(['en', 'zh']),
};

export const pageSearch = v.object(pageEntries);
export type PageSearch = v.InferOutput<typeof pageSearch>;

/** The filters that Calls, Usage and the figures share; their names in the URL are those of the filter bar. */
export const filterEntries = {
  status: text,
  model: text,
  provider: text,
  key: text,
  tag: text,
  error: text,
  endpoint: text,
  duration: bound,
  cost: bound,
  attempts: bound,
  unpriced: choice(['1']),
  request: text,
  session: text,
  q: text,
};

export const filterSearch = v.object(filterEntries);
export type FilterSearch = v.InferOutput<typeof filterSearch>;
