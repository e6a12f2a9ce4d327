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

function pick<Item extends object, Name extends keyof Item>(item: Item, names: readonly Name[]): TomlTable {
  return tableOf(Object.fromEntries(names.map((name) => [name, item[name]])));
}

export function providerEntry(provider: Schemas['ProviderView']): Entry {
  const table = pick(provider, ['name', 'type', 'base_url']);
  const rest = pick(provider, ['is_active', 'settings']);
  const key = provider.has_key ? { api_key: new Secret('') } : {};
  return {
    name: provider.name,
    origin: provider.origin,
    text: tomlText({ providers: [{ ...table, ...key, ...rest }] }),
  };
}

export function modelEntry(model: Schemas['ModelView']): Entry {
  const table = pick(model, [
    'name',
    'display_name',
    'description',
    'remote_identifier',
    'is_active',
    'tags',
    'default_params',
    'rate_limit',
    'config',
    'local_path',
    'download_uri',
  ]);
  const { name, ...rest } = table;
  return {
    name: `${model.provider_name}/${model.name}`,
    origin: model.origin,
    text: tomlText({ models: [{ name, provider: model.provider_name, ...rest }] }),
  };
}

export function keyEntry(key: Schemas['KeyView']): Entry {
  const table = pick(key, [
    'name',
    'role',
    'is_active',
    'expires_at',
    'allowed_models',
    'allowed_providers',
    'allowed_tags',
    'allowed_ips',
    'requests_per_minute',
    'tokens_per_minute',
    'allow_unpriced',
    'record_bodies',
    'budget',
    'parameter_limits',
  ]);
  return {
    name: key.name,
    origin: key.origin,
    text: tomlText({ api_keys: [{ key: new Secret(`${key.prefix}…`), ...table }] }),
  };
}
