import type { Schemas } from '@/api/client';

/** A list of what is allowed: all, or only what is named; naming nothing allows nothing. */
export interface Allowed {
  isAll: boolean;
  text: string;
}

export interface Bounds {
  name: string;
  min: string;
  max: string;
}

/** What stands in the fields of a key's form; numbers are text while they are typed. */
export interface FormValues {
  name: string;
  role: Schemas['Role'];
  isActive: boolean;
  expires: string;
  models: Allowed;
  providers: Allowed;
  tags: Allowed;
  ips: Allowed;
  requests: string;
  tokens: string;
  budgetUsd: string;
  budgetTokens: string;
  per: Schemas['Per'];
  zone: string;
  allowsUnpriced: boolean;
  recordsBodies: boolean;
  bounds: Bounds[];
}

type FormProblem = 'name' | 'expires' | 'number' | 'whole' | 'zone' | 'bounds';
export type FormErrors = Partial<Record<keyof FormValues, FormProblem>>;

type KeyBody = Schemas['KeyBody'];
export type KeyFields = Pick<Schemas['KeyView'], 'name' | 'role' | 'is_active' | 'expires_at'> & Schemas['KeyRules'];

export const knownParameters = ['max_tokens', 'temperature', 'top_p', 'frequency_penalty', 'presence_penalty'] as const;

export const emptyValues: FormValues = valuesOf({
  name: '',
  role: 'user',
  is_active: true,
  expires_at: null,
  allow_unpriced: false,
  parameter_limits: {},
  budget: null,
});

export function valuesOf(key: KeyFields): FormValues {
  const { budget, parameter_limits: limits } = key;
  const bounds = (name: string, limit: Schemas['Limit'] | null | undefined): Bounds => {
    if (limit === null || limit === undefined) return { name, min: '', max: '' };
    if (typeof limit === 'number') return { name, min: '', max: String(limit) };
    return { name, min: textOf(limit.min), max: textOf(limit.max) };
  };
  return {
    name: key.name,
    role: key.role,
    isActive: key.is_active,
    expires: dayOf(key.expires_at),
    models: allowedOf(key.allowed_models),
    providers: allowedOf(key.allowed_providers),
    tags: allowedOf(key.allowed_tags),
    ips: allowedOf(key.allowed_ips),
    requests: textOf(key.requests_per_minute),
    tokens: textOf(key.tokens_per_minute),
    budgetUsd: textOf(budget?.usd),
    budgetTokens: textOf(budget?.tokens),
    per: budget?.per ?? 'month',
    zone: budget?.time_zone ?? '',
    allowsUnpriced: key.allow_unpriced ?? false,
    recordsBodies: key.record_bodies !== false,
    bounds: [
      ...knownParameters.map((name) => bounds(name, limits?.[name])),
      ...Object.entries(limits?.custom_limits ?? {}).map(([name, limit]) => bounds(name, limit)),
    ],
  };
}

function textOf(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function allowedOf(list: readonly string[] | null | undefined): Allowed {
  return { isAll: !list, text: list?.join(', ') ?? '' };
}

// A day ends at midnight, so the API answers the one after; what ends at another time stays a time.
function dayOf(at: string | null): string {
  if (!at) return '';
  if (!/T00:00:00(\.0+)?Z$/.test(at)) return at;
  return new Date(Date.parse(at) - 1).toISOString().slice(0, 10);
}

export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

export function errorsOf(values: FormValues, isZone: (name: string) => boolean): FormErrors {
  const errors: FormErrors = {};
  if (!values.name.trim()) errors.name = 'name';
  if (values.expires && !/^\d{4}-\d{2}-\d{2}/.test(values.expires)) errors.expires = 'expires';
  for (const field of ['requests', 'tokens'] as const) {
    if (values[field] && !isWhole(values[field], 1)) errors[field] = 'whole';
  }
  if (values.budgetTokens && !isWhole(values.budgetTokens, 0)) errors.budgetTokens = 'whole';
  if (values.budgetUsd && !(Number(values.budgetUsd) >= 0)) errors.budgetUsd = 'number';
  if (values.zone && !isZone(values.zone)) errors.zone = 'zone';
  const isWrong = ({ name, min, max }: Bounds): boolean =>
    [min, max].some((text) => text !== '' && !Number.isFinite(Number(text))) ||
    (min !== '' && max !== '' && Number(min) > Number(max)) ||
    ((min !== '' || max !== '') && !name.trim());
  if (values.bounds.some(isWrong)) errors.bounds = 'bounds';
  return errors;
}

function isWhole(text: string, least: number): boolean {
  return Number.isInteger(Number(text)) && Number(text) >= least;
}

/** All that the API takes; what is not restricted is `null`. */
export function bodyOf(values: FormValues): KeyBody & { name: string } {
  const number = (text: string): number | null => (text === '' ? null : Number(text));
  const list = ({ isAll, text }: Allowed): string[] | null => (isAll ? null : listOf(text));
  const hasBudget = values.budgetUsd !== '' || values.budgetTokens !== '';
  return {
    name: values.name.trim(),
    role: values.role,
    is_active: values.isActive,
    expires_at: values.expires || null,
    allowed_models: list(values.models),
    allowed_providers: list(values.providers),
    allowed_tags: list(values.tags),
    allowed_ips: list(values.ips),
    requests_per_minute: number(values.requests),
    tokens_per_minute: number(values.tokens),
    budget: hasBudget
      ? {
          usd: number(values.budgetUsd),
          tokens: number(values.budgetTokens),
          per: values.per,
          time_zone: values.zone || null,
        }
      : null,
    allow_unpriced: values.allowsUnpriced,
    record_bodies: values.recordsBodies ? null : false,
    parameter_limits: limitsOf(values.bounds),
  };
}

function limitsOf(bounds: readonly Bounds[]): Schemas['ParameterLimits'] {
  const limits: Record<string, Schemas['Limit']> = {};
  const custom: Record<string, Schemas['Limit']> = {};
  for (const { name, min, max } of bounds) {
    if (min === '' && max === '') continue;
    const limit = min === '' ? Number(max) : { min: Number(min), ...(max === '' ? {} : { max: Number(max) }) };
    const isKnown = knownParameters.some((known) => known === name);
    (isKnown ? limits : custom)[name.trim()] = limit;
  }
  return { ...limits, ...(Object.keys(custom).length ? { custom_limits: custom } : {}) } as Schemas['ParameterLimits'];
}

/** For a new key, without what is not restricted. */
export function createBodyOf(values: FormValues): KeyBody {
  const entries = Object.entries(bodyOf(values)).filter(
    ([, value]) => value !== null && JSON.stringify(value) !== '{}',
  );
  return Object.fromEntries(entries) as KeyBody;
}

/** The members that differ, for a request that changes only them. */
export function patchOf(before: FormValues, after: FormValues): Schemas['KeyPatch'] {
  const was = bodyOf(before);
  const entries = Object.entries(bodyOf(after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof typeof was]),
  );
  return Object.fromEntries(entries) as Schemas['KeyPatch'];
}

/** How many of the models a list allows; names that lead elsewhere (aliases, pairs, tags) are not counted. */
export function matching(patterns: readonly string[], models: readonly string[]): number {
  const tests = patterns.map((pattern) => {
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(pattern.includes('/') ? `^${source}$` : `^[^/]+/${source}$`);
  });
  return models.filter((model) => tests.some((test) => test.test(model))).length;
}
