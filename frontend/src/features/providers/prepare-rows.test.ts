import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { keyCount, rowsOf } from './prepare-rows';

const view = (name: string, changes: Partial<Schemas['ProviderView']> = {}): Schemas['ProviderView'] => ({
  id: name.length,
  name,
  type: 'openai',
  is_active: true,
  origin: 'file',
  has_key: true,
  settings: {},
  health: 'ready',
  circuit: 'closed',
  keys: [],
  in_flight: 0,
  waiting: 0,
  max_connections: 1024,
  ...changes,
});
const closed = { circuit: 'closed' };
const health = {
  providers: [
    { name: 'up', state: 'ready', ...closed },
    { name: 'down', state: 'ready', circuit: 'open', retry_after: 4, cause: 'no connection' },
    { name: 'partly', state: 'ready', ...closed },
  ],
  models: [
    { name: 'up/a', ...closed },
    { name: 'down/a', ...closed },
    { name: 'partly/a', ...closed },
    { name: 'partly/b/c', circuit: 'open', retry_after: 9, cause: 'answered 500' },
    { name: 'partly/d', circuit: 'half-open', retry_after: null },
  ],
} as unknown as Schemas['Detail'];
const providers = [
  view('up'),
  view('down'),
  view('partly'),
  view('keyless', { health: 'no key', has_key: false, detail: 'provider `keyless` has no key: set K' }),
  view('switched', { is_active: false, health: 'inactive' }),
];
const rows = rowsOf({ providers, health, healthAt: 1000, totals: [] });
const row = (name: string) => rows.find((one) => one.name === name);

describe('the rows of providers', () => {
  it('begin with what needs a person', () => {
    expect(rows.map(({ name }) => name)).toEqual(['down', 'partly', 'up', 'keyless', 'switched']);
    expect(rows.map(({ standing }) => standing.word)).toEqual(['cooling', 'partly', 'ready', 'noKey', 'off']);
  });
  it('say when the next call is let in', () => {
    expect(row('down')?.circuit).toMatchObject({ word: 'cooling', nextAt: 5000, cause: 'no connection' });
    expect(row('partly')?.circuit).toMatchObject({ word: 'models', open: 2, nextAt: 10_000, cause: 'answered 500' });
    expect(row('up')?.circuit.word).toBe('closed');
  });
  it('have their models, whose names may hold a slash', () => {
    expect(row('partly')?.models.map(({ id, circuit }) => [id, circuit])).toEqual([
      ['partly/a', 'closed'],
      ['partly/b/c', 'cooling'],
      ['partly/d', 'halfOpen'],
    ]);
  });
  it('say what to do about a missing key', () => expect(row('keyless')?.standing.cause).toBe('has no key: set K'));
});

describe('keys', () => {
  it('are counted by their state', () => {
    const keys = ['ready', 'cooling_down', 'rejected', 'ready'].map((state, at) => ({ index: at + 1, state }));
    expect(keyCount(keys)).toEqual({ all: 4, ready: 2, cooling: 1, rejected: 1 });
  });
});
