import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { attentionItems } from './attention-items';

const now = Date.UTC(2026, 10, 15, 12);
const day = 86_400_000;
const closed = { circuit: 'closed', retry_after: null, cause: null };
const health: Schemas['Detail'] = {
  status: 'ok',
  checks: [],
  config: { is_current: true, generation: 1 },
  providers: [{ name: 'openai', state: 'ready', ...closed }],
  models: [],
  models_not_closed: [],
  records: { accepted: 5, written: 5, set_aside: 0 },
  database: null,
  certificate: null,
};
const config: Schemas['ConfigStatus'] = {
  path: '/etc/router.toml',
  generation: 1,
  loaded_at: '',
  checked_at: '',
  is_current: true,
  problems: [],
  restart_needed: [],
  last_change: { added: [], changed: [], removed: [], kept: [] },
};
const spent = { requests: 0, tokens: 0, cost: 0 };
const key: Schemas['KeyView'] = {
  id: 1,
  prefix: 'sk-a',
  origin: 'file',
  state: 'active',
  created_at: '',
  updated_at: '',
  expires_at: null,
  revoked_at: null,
  previous_valid_until: null,
  name: 'ci-bot',
  role: 'user',
  is_active: true,
  used: { day: spent, month: spent, total: spent },
};
const facts = { health, config, keys: [key], unpriced: 0, now };
const marks = (more: Partial<typeof facts>): string[] => attentionItems({ ...facts, ...more }).map(({ mark }) => mark);

describe('attention', () => {
  it('is silent when all is well', () => expect(marks({})).toEqual([]));

  it('names the place of a rejected file', () => {
    const problem = { severity: 'error', line: 118, column: 9, message: 'unknown provider' } as const;
    expect(marks({ config: { ...config, is_current: false, problems: [problem] } })).toEqual(['router.toml:118:9']);
  });

  it('names a provider once, not each of its models', () => {
    const open = { circuit: 'open', retry_after: 40.2, cause: '12 timeouts' };
    const items = attentionItems({
      ...facts,
      health: {
        ...health,
        providers: [{ name: 'openai', state: 'cooling down', ...open }],
        models_not_closed: [
          { name: 'openai/a', ...open },
          { name: 'glm/b', ...open },
        ],
      },
    });
    expect(items.map(({ name }) => name)).toEqual(['openai', 'glm/b']);
    expect(items[0]?.text).toMatchObject({ values: { span: '41 s' } });
    // Its provider's drawer says why.
    expect(items[1]?.action).toMatchObject({ to: '/ui/providers', search: { provider: 'glm' } });
  });

  it('warns a week before a key ends', () => {
    const ending = (days: number) =>
      marks({ keys: [{ ...key, expires_at: new Date(now + days * day).toISOString() }] });
    expect([ending(6), ending(8), ending(-1)]).toEqual([['keyEnds'], [], ['keyEnds']]);
  });

  it('warns of a budget that ends before its month', () => {
    const used = { ...key.used, month: { requests: 1, tokens: 1, cost: 60 } };
    expect(marks({ keys: [{ ...key, used, budget: { usd: 100, per: 'month' } }] })).toEqual(['budget']);
    expect(marks({ keys: [{ ...key, used, budget: { usd: 200, per: 'month' } }] })).toEqual([]);
  });

  it('puts a spent budget before what only will end', () => {
    const used = { ...key.used, day: { requests: 1, tokens: 1, cost: 3 } };
    const keys = [
      { ...key, expires_at: new Date(now + day).toISOString() },
      { ...key, id: 2, used, budget: { usd: 2, per: 'day' as const } },
    ];
    expect(marks({ keys })).toEqual(['budget', 'keyEnds']);
  });

  it('counts what has no price and what is not on disk', () => {
    expect(marks({ unpriced: 3, health: { ...health, records: { accepted: 900, written: 5, set_aside: 0 } } })).toEqual(
      ['records', 'unpriced'],
    );
  });
});
