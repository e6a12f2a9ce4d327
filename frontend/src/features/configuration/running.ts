import type { Schemas } from '@/api/client';
import { hidden, Secret, type TomlTable, type TomlValue, tomlText } from '@/lib/toml-text';

/** What runs now as router.toml would say it: the file, and what was changed over REST. */
export interface Entry {
  name: string;
  /** Of the file, of the environment, or made over REST. */
  origin: string;
  text: string;
}

function cleaned(value: unknown): TomlValue | null {
  if (value === hidden) return new Secret('');
  if (Array.isArray(value)) return value.map(cleaned).filter((one): one is TomlValue => one !== null);
  if (typeof value === 'object' && value !== null) return tableOf(value);
  return (value ?? null) as TomlValue | null;
}

function tableOf(value: object): TomlTable {
  const entries = Object.entries(value).map(([key, inner]) => [key, cleaned(inner)] as const);
  return Object.fromEntries(
    // An empty list of what is allowed allows nothing; other empty ones say nothing.
    entries.filter(([key, inner]) => inner !== null && (key.startsWith('allowed_') || !isEmpty(inner))),
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Secret) && Object.keys(value).length === 0;
}

const sections = ['server', 'timeouts', 'routing', 'recording', 'pricing', 'telemetry'] as const;

/** The sections, with the defaults of what nobody set. */
export function sectionEntries(config: Schemas['RunningConfig']): Entry[] {
  return sections.flatMap((name) => {
    const text = tomlText({ [name]: tableOf(config[name] ?? {}) });
    return text.includes('=') ? [{ name, origin: 'file', text }] : [];
  });
}

type Member = Record<string, unknown>;

function entryOf(kind: 'providers' | 'models' | 'api_keys', name: string, { origin, ...member }: Member): Entry {
  return { name, origin: String(origin), text: tomlText({ [kind]: [tableOf(member)] }) };
}

export function providerEntry(provider: Member): Entry {
  return entryOf('providers', String(provider.name), provider);
}

export function modelEntry({ name, provider, ...rest }: Member): Entry {
  return entryOf('models', `${provider}/${name}`, { name, provider, ...rest });
}

/** Keys are told without themselves. */
export function keyEntry(key: Member): Entry {
  return entryOf('api_keys', String(key.name), { key: hidden, ...key });
}
