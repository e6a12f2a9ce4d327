import { money } from '@/lib/format';

/** What a form shows of an entry, and back: every field is a text, and an empty one means what is built in. */
type FieldKind =
  | 'text'
  | 'long'
  | 'whole'
  | 'number'
  | 'size'
  | 'price'
  | 'words'
  | 'lines'
  | 'yesno'
  | 'switch'
  | 'choice'
  | 'json'
  | 'rest';

export interface FieldSpec {
  id: string;
  path: readonly string[];
  kind: FieldKind;
  least?: number;
  options?: readonly string[];
  /** Of `rest`: the keys that have fields of their own, or are not for people. */
  except?: readonly string[];
  isWide?: boolean;
  isRequired?: boolean;
}

export type Entry = { [key: string]: unknown };
export type Draft = Record<string, string>;
export type FieldError = 'required' | 'number' | 'least' | 'whole' | 'size' | 'json' | 'object';

export function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(entry: Entry, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), entry);
}

function put(entry: Entry, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (!rest.length) {
    entry[key] = isObject(entry[key]) && isObject(value) ? { ...(entry[key] as Entry), ...value } : value;
    return;
  }
  const below = isObject(entry[key]) ? (entry[key] as Entry) : {};
  entry[key] = below;
  put(below, rest, value);
}

/** Prices are kept per 1,000 tokens and shown per million, as vendors name them. */
export function perMillion(per1k: number): number {
  return Number((per1k * 1000).toPrecision(12));
}

export function perThousand(per1m: number): number {
  return Number((per1m / 1000).toPrecision(12));
}

/** Of a million tokens: $10, $0.15, $2.50. */
export function priceText(per1k: number): string {
  return money(perMillion(per1k))
    .replace(/\.00$/, '')
    .replace(/(\.\d)$/, '$10');
}

/** 128k, 1M, or the number. */
export function sizeText(tokens: number): string {
  if (tokens >= 1e6 && tokens % 1e5 === 0) return `${tokens / 1e6}M`;
  return tokens >= 1000 && tokens % 1000 === 0 ? `${tokens / 1000}k` : String(tokens);
}

export function readSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKmM])?$/.exec(text.trim().replaceAll('_', ''));
  if (!match) return undefined;
  const unit = match[2]?.toLowerCase();
  const tokens = Number(match[1]) * (unit === 'k' ? 1e3 : unit === 'm' ? 1e6 : 1);
  return Number.isInteger(tokens) ? tokens : undefined;
}

const emptyText = '""';

function textOf(spec: FieldSpec, value: unknown): string {
  if (spec.kind === 'switch') return value === false ? 'false' : 'true';
  if (value === null || value === undefined) return '';
  // A text that is set, and empty.
  if (value === '') return emptyText;
  if (spec.kind === 'rest') {
    if (!isObject(value)) return '';
    const rest = Object.entries(value).filter(([key, one]) => one !== null && !spec.except?.includes(key));
    return rest.length ? JSON.stringify(Object.fromEntries(rest), null, 2) : '';
  }
  if (spec.kind === 'json') {
    return isObject(value) && Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2);
  }
  if (Array.isArray(value)) return value.join(spec.kind === 'lines' ? '\n' : ', ');
  if (spec.kind === 'price') return typeof value === 'number' ? String(perMillion(value)) : '';
  if (spec.kind === 'size') return typeof value === 'number' ? sizeText(value) : String(value);
  return String(value);
}

export function draftOf(specs: readonly FieldSpec[], entry: Entry): Draft {
  return Object.fromEntries(specs.map((spec) => [spec.id, textOf(spec, at(entry, spec.path))]));
}

type Read = { value: unknown } | { error: FieldError } | undefined;

function readNumber(spec: FieldSpec, text: string): Read {
  const value = Number(text);
  if (!Number.isFinite(value)) return { error: 'number' };
  if (spec.kind === 'whole' && !Number.isInteger(value)) return { error: 'whole' };
  const least = spec.least ?? (spec.kind === 'price' ? 0 : undefined);
  if (least !== undefined && value < least) return { error: 'least' };
  return { value: spec.kind === 'price' ? perThousand(value) : value };
}

function readJson(text: string): Read {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { value } : { error: 'object' };
  } catch {
    return { error: 'json' };
  }
}

function readText(spec: FieldSpec, raw: string): Read {
  const text = raw.trim();
  if (spec.kind === 'switch') return raw === 'false' ? { value: false } : undefined;
  if (text === emptyText) return { value: '' };
  if (!text) return spec.isRequired ? { error: 'required' } : undefined;
  switch (spec.kind) {
    case 'whole':
    case 'number':
    case 'price':
      return readNumber(spec, text);
    case 'size': {
      const value = readSize(text);
      return value === undefined ? { error: 'size' } : { value };
    }
    case 'words':
      return { value: [...new Set(text.split(/[\s,]+/).filter(Boolean))] };
    case 'lines':
      return {
        value: text
          .split('\n')
          .map((one) => one.trim())
          .filter(Boolean),
      };
    case 'yesno':
      return { value: text === 'true' };
    case 'json':
    case 'rest':
      return readJson(text);
    default:
      return { value: spec.kind === 'long' ? raw.trimEnd() : text };
  }
}

/** The entry that a draft describes, as router.toml would have it; fields that cannot be read are named. */
export function readDraft(
  specs: readonly FieldSpec[],
  draft: Draft,
): { entry: Entry; errors: Record<string, FieldError> } {
  const entry: Entry = {};
  const errors: Record<string, FieldError> = {};
  for (const spec of specs) {
    const read = readText(spec, draft[spec.id] ?? '');
    if (!read) continue;
    if ('error' in read) errors[spec.id] = read.error;
    else put(entry, spec.path, read.value);
  }
  return { entry, errors };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

// They hold keys that no form shows, so they are cleared key by key.
const open = new Set(['config', 'settings']);

/** RFC 7396: what makes `after` of `before`. Objects are merged, null clears. */
export function mergePatch(before: Entry, after: Entry): Entry {
  const patch: Entry = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (isSame(was, is)) continue;
    if (is === undefined) patch[key] = isObject(was) && open.has(key) ? mergePatch(was, {}) : null;
    else patch[key] = isObject(was) && isObject(is) ? mergePatch(was, is) : is;
  }
  return patch;
}

/** How many fields differ. */
export function changedFields(before: Draft, after: Draft): string[] {
  return Object.keys(after).filter((id) => (before[id] ?? '') !== (after[id] ?? ''));
}
