import type { Schemas } from '@/api/client';
import type { Status } from '@/components/status-mark';
import type { journals } from './search';

export type Journal = (typeof journals)[number];
export type EventItem = Schemas['EventView'];

/** What each list asks the journal for, as the API names kinds. */
export const kindsOf: Record<Journal, readonly string[]> = {
  all: [],
  reloads: ['config', 'certificate'],
  changes: ['provider', 'model', 'key', 'prices', 'call'],
  circuits: ['circuit'],
};

export const knownKinds = [
  'config.reloaded',
  'config.refused',
  'circuit.opened',
  'circuit.half_open',
  'circuit.closed',
  'provider.created',
  'provider.changed',
  'provider.deleted',
  'model.created',
  'model.changed',
  'model.deleted',
  'key.created',
  'key.changed',
  'key.rotated',
  'key.revoked',
  'key.deleted',
  'session.created',
  'session.changed',
  'session.ended',
  'prices.recomputed',
  'call.cancelled',
  'certificate.reloaded',
  'certificate.refused',
] as const;

const statuses: Partial<Record<string, Status>> = {
  'config.reloaded': 'ok',
  'config.refused': 'error',
  'certificate.reloaded': 'ok',
  'certificate.refused': 'error',
  'circuit.opened': 'cooling',
  'circuit.half_open': 'half_open',
  'circuit.closed': 'ok',
};

/** Only what tells a state has a mark; a change by hand is none. */
export function statusOfEvent(kind: string): Status | undefined {
  return statuses[kind];
}

// They differ at each look and say nothing of the change.
const restless = new Set(['used', 'updated_at']);

/** One side of a difference as text. */
export function sideOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (key, inner) => (restless.has(key) ? undefined : inner), 2);
}

export function hasDifference({ before, after }: EventItem): boolean {
  return sideOf(before) !== sideOf(after);
}
