import type { Schemas } from '@/api/client';
import { providerText, Secret, type TomlTable } from '@/lib/toml-text';
import { type Entry, type FieldSpec, isObject } from '../entries/fields';
import { masked } from '../entries/masked';
import { factsOf } from './kinds';

const setting = (key: string): readonly string[] => ['settings', key];

export const addressFields: readonly FieldSpec[] = [
  { id: 'baseUrl', path: ['base_url'], kind: 'text', isWide: true },
  { id: 'endpoint', path: setting('endpoint'), kind: 'text' },
  { id: 'api', path: setting('api'), kind: 'choice', options: ['auto', 'chat', 'responses'] },
];

export const limitFields: readonly FieldSpec[] = [
  { id: 'maxConnections', path: setting('max_connections'), kind: 'whole', least: 1 },
  { id: 'maxConcurrent', path: setting('max_concurrent'), kind: 'whole', least: 1 },
  { id: 'tokensPerMinute', path: setting('tokens_per_minute'), kind: 'whole', least: 1 },
  { id: 'probeInterval', path: setting('probe_interval'), kind: 'number', least: 1 },
];

export const timeoutFields: readonly FieldSpec[] = [
  { id: 'connectTimeout', path: setting('connect_timeout'), kind: 'number', least: 0.001 },
  { id: 'timeout', path: setting('timeout'), kind: 'number', least: 0.001 },
  { id: 'firstChunkTimeout', path: setting('first_chunk_timeout'), kind: 'number', least: 0.001 },
  { id: 'idleTimeout', path: setting('idle_timeout'), kind: 'number', least: 0.001 },
];

export const networkFields: readonly FieldSpec[] = [
  { id: 'authHeader', path: setting('auth_header'), kind: 'text' },
  { id: 'authScheme', path: setting('auth_scheme'), kind: 'text' },
  { id: 'proxy', path: setting('proxy'), kind: 'text' },
  { id: 'caFile', path: setting('ca_file'), kind: 'text' },
  { id: 'headers', path: setting('headers'), kind: 'json', isWide: true },
];

const known = [...addressFields, ...limitFields, ...timeoutFields, ...networkFields]
  .filter(({ path }) => path[0] === 'settings')
  .map(({ path }) => path[1] ?? '');

export const otherFields: readonly FieldSpec[] = [
  { id: 'request', path: setting('request'), kind: 'json', isWide: true },
  { id: 'response', path: setting('response'), kind: 'json', isWide: true },
  { id: 'rest', path: ['settings'], kind: 'rest', except: [...known, 'request', 'response'], isWide: true },
];

export const providerFields: readonly FieldSpec[] = [
  ...addressFields,
  ...limitFields,
  ...timeoutFields,
  ...networkFields,
  ...otherFields,
];

/** What router.toml would say of a provider: without what is built in. */
export function entryOf(provider: Pick<Schemas['ProviderView'], 'base_url' | 'settings' | 'type'>): Entry {
  const { base_url, settings, type } = provider;
  const own = Object.entries(settings).filter(
    ([, value]) =>
      value !== null && value !== undefined && !(isObject(value) && Object.values(value).every((one) => one === null)),
  );
  return {
    // The API names the address in use; the type's own need not be written.
    base_url: base_url === factsOf(type)?.base ? undefined : base_url,
    settings: Object.fromEntries(own),
  };
}

interface Described {
  name: string;
  type: string;
  isActive: boolean;
  entry: Entry;
  /** Whether there is a key: its text, or its variable's name, is nobody's business here. */
  hasKey: boolean;
  /** The variable that is waited for. */
  variable?: string | undefined;
}

/** The entry as router.toml has it. */
export function textOfProvider({ name, type, isActive, entry, hasKey, variable }: Described): string {
  const { base_url, settings } = entry;
  return providerText({
    name,
    type,
    base_url: typeof base_url === 'string' ? base_url : undefined,
    api_key_env: hasKey ? new Secret('(the key is not shown: keep its line)') : variable,
    ...(isActive ? {} : { is_active: false }),
    settings: masked(settings) as TomlTable | undefined,
  });
}

/** The variable that a provider without a key waits for. */
export function missingVariable(detail: string | null | undefined): string | undefined {
  return /\bset ([A-Z][A-Z0-9_]{2,})\b/.exec(detail ?? '')?.[1];
}
