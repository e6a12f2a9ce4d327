import type { Schemas } from '@/api/client';
import { modelText, type TomlTable } from '@/lib/toml-text';
import { type Entry, type FieldSpec, isObject } from '../entries/fields';
import { masked } from '../entries/masked';

const config = (key: string): readonly string[] => ['config', key];

export const priceFields: readonly FieldSpec[] = [
  { id: 'input', path: config('cost_per_1k_tokens'), kind: 'price' },
  { id: 'output', path: config('cost_per_1k_completion_tokens'), kind: 'price' },
  { id: 'cached', path: config('cost_per_1k_cached_tokens'), kind: 'price' },
  { id: 'cacheWrite', path: config('cost_per_1k_cache_write_tokens'), kind: 'price' },
  { id: 'reasoning', path: config('cost_per_1k_reasoning_tokens'), kind: 'price' },
];

export const generalFields: readonly FieldSpec[] = [
  { id: 'displayName', path: ['display_name'], kind: 'text' },
  { id: 'remote', path: ['remote_identifier'], kind: 'text' },
  { id: 'tags', path: ['tags'], kind: 'words', isWide: true },
  { id: 'description', path: ['description'], kind: 'long', isWide: true },
];

export const capabilityFields: readonly FieldSpec[] = [
  { id: 'context', path: config('context_window'), kind: 'size' },
  { id: 'languages', path: config('languages'), kind: 'words' },
  { id: 'vision', path: config('supports_vision'), kind: 'yesno' },
  { id: 'tools', path: config('supports_tools'), kind: 'yesno' },
  { id: 'audio', path: config('supports_audio'), kind: 'yesno' },
  { id: 'video', path: config('supports_video'), kind: 'yesno' },
];

export const limitFields: readonly FieldSpec[] = [
  { id: 'maxRequests', path: ['rate_limit', 'max_requests'], kind: 'whole', least: 1 },
  { id: 'perSeconds', path: ['rate_limit', 'per_seconds'], kind: 'whole', least: 1 },
  { id: 'burst', path: ['rate_limit', 'burst_size'], kind: 'whole', least: 1 },
  { id: 'maxWait', path: ['rate_limit', 'max_wait_ms'], kind: 'whole', least: 0 },
  { id: 'maxConcurrent', path: config('max_concurrent'), kind: 'whole', least: 1 },
  { id: 'tokensPerMinute', path: config('tokens_per_minute'), kind: 'whole', least: 1 },
  { id: 'limitNotes', path: ['rate_limit', 'notes'], kind: 'text', isWide: true },
];

export const routingFields: readonly FieldSpec[] = [
  { id: 'priority', path: config('priority'), kind: 'whole' },
  { id: 'weight', path: config('weight'), kind: 'number', least: 0 },
  { id: 'fallbacks', path: config('fallbacks'), kind: 'lines', isWide: true },
  { id: 'contextFallbacks', path: config('context_fallbacks'), kind: 'lines' },
  { id: 'contentFallbacks', path: config('content_fallbacks'), kind: 'lines' },
];

const known = [...priceFields, ...capabilityFields, ...limitFields, ...routingFields]
  .filter(({ path }) => path[0] === 'config')
  .map(({ path }) => path[1] ?? '');

export const otherFields: readonly FieldSpec[] = [
  { id: 'params', path: ['default_params'], kind: 'json', isWide: true },
  // The router notes the source of a price itself.
  { id: 'rest', path: ['config'], kind: 'rest', except: [...known, 'price_source'], isWide: true },
  { id: 'localPath', path: ['local_path'], kind: 'text' },
  { id: 'download', path: ['download_uri'], kind: 'text' },
];

export const modelFields: readonly FieldSpec[] = [
  ...generalFields,
  ...capabilityFields,
  ...priceFields,
  ...routingFields,
  ...limitFields,
  ...otherFields,
];

/** What router.toml would say of a model: without what is built in, and without what the router adds. */
export function entryOf(model: Schemas['ModelView']): Entry {
  const { rate_limit: limit, config: all, tags, display_name, description, remote_identifier } = model;
  const { priority, ...rest } = all;
  const own = Object.entries({ priority: priority || undefined, ...rest }).filter(
    ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return {
    display_name,
    description,
    remote_identifier,
    ...(tags.length ? { tags } : {}),
    default_params: model.default_params,
    local_path: model.local_path,
    download_uri: model.download_uri,
    config: Object.fromEntries(own),
    ...(limit
      ? {
          rate_limit: {
            ...limit,
            burst_size: limit.burst_size === limit.max_requests ? undefined : limit.burst_size,
            max_wait_ms: limit.max_wait_ms || undefined,
          },
        }
      : {}),
  };
}

/** The patch of a form: a limit is one whole, whose absent parts are built in again. */
export function completePatch(patch: Entry, after: Entry): Entry {
  if (!isObject(patch.rate_limit)) return patch;
  const {
    burst_size = null,
    max_wait_ms = null,
    notes = null,
    ...rest
  } = isObject(after.rate_limit) ? after.rate_limit : {};
  return { ...patch, rate_limit: { burst_size, max_wait_ms, notes, ...rest } };
}

/** The entry as router.toml has it. */
export function textOfModel(provider: string, name: string, isActive: boolean, entry: Entry): string {
  const { config: all, default_params, rate_limit, ...rest } = entry;
  return modelText({
    name,
    provider,
    ...(rest as TomlTable),
    ...(isActive ? {} : { is_active: false }),
    config: masked(all),
    rate_limit: masked(rate_limit),
    default_params: masked(default_params),
  });
}
