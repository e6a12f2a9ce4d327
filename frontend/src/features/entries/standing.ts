import type { Schemas } from '@/api/client';
import type { Status } from '@/components/status-mark';

/** How an entry stands; the words are those of `entries.standing`. */
export const standings = ['ready', 'partly', 'halfOpen', 'cooling', 'noKey', 'noUrl', 'providerOff', 'off'] as const;
type StandingWord = (typeof standings)[number];

export interface Standing {
  word: StandingWord;
  status: Status;
  /** What went wrong last, or what to do. */
  cause?: string | undefined;
  /** Seconds until the next call is let in. */
  retryAfter?: number | undefined;
}

const statusOfStanding: Record<StandingWord, Status> = {
  ready: 'ok',
  partly: 'warning',
  halfOpen: 'half_open',
  cooling: 'cooling',
  noKey: 'off',
  noUrl: 'error',
  providerOff: 'off',
  off: 'off',
};

function standing(word: StandingWord, circuit?: Schemas['CircuitHealth'], cause?: string | null): Standing {
  return {
    word,
    status: statusOfStanding[word],
    cause: shortCause(circuit?.cause ?? cause),
    retryAfter: circuit?.retry_after ?? undefined,
  };
}

/** The name stands beside it. */
export function shortCause(cause: string | null | undefined): string | undefined {
  return cause?.replace(/^provider `[^`]+`:? /, '') || undefined;
}

export function circuitWord(circuit: string | undefined): 'cooling' | 'halfOpen' | undefined {
  if (circuit === 'open') return 'cooling';
  return circuit === 'half-open' || circuit === 'half_open' ? 'halfOpen' : undefined;
}

export function providerStanding(
  provider: Pick<Schemas['ProviderView'], 'is_active' | 'health' | 'detail'>,
  circuit: Schemas['CircuitHealth'] | undefined,
  models: readonly Schemas['CircuitHealth'][],
): Standing {
  if (!provider.is_active) return standing('off');
  if (provider.health === 'no key') return standing('noKey', undefined, provider.detail);
  if (provider.health !== 'ready') return standing('noUrl', undefined, provider.detail);
  const own = circuitWord(circuit?.circuit);
  if (own) return standing(own, circuit);
  const open = models.filter((model) => circuitWord(model.circuit));
  if (!open.length) return standing('ready');
  const first = open.reduce((a, b) => ((b.retry_after ?? Infinity) < (a.retry_after ?? Infinity) ? b : a));
  if (open.length < models.length) return standing('partly', first);
  const isTried = open.some((model) => circuitWord(model.circuit) === 'halfOpen');
  return standing(isTried ? 'halfOpen' : 'cooling', first);
}

export function modelStanding(
  model: Pick<Schemas['ModelView'], 'is_active' | 'is_callable'>,
  circuit: Schemas['CircuitHealth'] | undefined,
  provider: Schemas['ProviderHealth'] | undefined,
): Standing {
  if (!model.is_active) return standing('off');
  if (provider && provider.state !== 'ready') {
    if (provider.state === 'no key') return standing('noKey', undefined, provider.detail);
    return standing(provider.state === 'inactive' ? 'providerOff' : 'noUrl', undefined, provider.detail);
  }
  const ofProvider = circuitWord(provider?.circuit);
  if (ofProvider) return standing(ofProvider, provider);
  const own = circuitWord(circuit?.circuit);
  if (own) return standing(own, circuit);
  return standing(model.is_callable ? 'ready' : 'providerOff');
}
