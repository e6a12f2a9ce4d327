import type { Schemas } from '@/api/client';

/** A provider as the first minute shows it: whether it can be called, and what it lacks. */
export interface FirstRow {
  name: string;
  state: 'key' | 'keyless' | 'missing' | 'off';
  /** The environment variable that would hold its key. */
  variable: string | undefined;
  /** What the router says, where no variable is named. */
  detail: string | undefined;
  models: number;
}

/** The environment variable that a sentence of the router names. */
function variableOf(detail: string | undefined): string | undefined {
  return /\b[A-Z][A-Z0-9_]{3,}\b/.exec(detail ?? '')?.[0];
}

const order: readonly FirstRow['state'][] = ['key', 'keyless', 'missing', 'off'];

function stateOf({ health, has_key }: Schemas['ProviderView']): FirstRow['state'] {
  if (health === 'no key') return 'missing';
  if (health !== 'ready') return 'off';
  return has_key ? 'key' : 'keyless';
}

/** Those that can be called come first; otherwise they stay as the file has them. */
export function firstRows(
  providers: readonly Schemas['ProviderView'][],
  models: readonly Schemas['ModelView'][],
): FirstRow[] {
  const counts = new Map<string, number>();
  for (const { provider_name, is_active } of models) {
    if (is_active) counts.set(provider_name, (counts.get(provider_name) ?? 0) + 1);
  }
  const rows = providers.map((provider): FirstRow => {
    const state = stateOf(provider);
    const detail = provider.detail ?? undefined;
    const variable = state === 'missing' ? variableOf(detail) : undefined;
    return {
      name: provider.name,
      state,
      variable,
      detail: detail?.replace(/^provider `[^`]+`:? /, ''),
      models: counts.get(provider.name) ?? 0,
    };
  });
  return rows.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

/** A model that the router answers for by itself; one that takes a while, where there is one, can be watched. */
export function demoModel(models: readonly Schemas['ModelView'][]): string | undefined {
  const own = models.filter(({ provider_type, is_callable }) => provider_type === 'mock' && is_callable);
  const length = ({ config: { mock } }: Schemas['ModelView']): number =>
    (mock?.first_token_ms ?? 0) + (mock?.tokens ?? 0) * (mock?.token_interval_ms ?? 0);
  const failing = ({ config: { mock } }: Schemas['ModelView']): boolean => (mock?.error_rate ?? 0) > 0;
  const found = own
    .filter((model) => !failing(model) && length(model) < 10_000)
    .sort((a, b) => length(b) - length(a))[0];
  return found && `${found.provider_name}/${found.name}`;
}
