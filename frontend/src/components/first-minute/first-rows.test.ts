import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { demoModel, firstRows } from './first-rows';

const provider = (name: string, more: Partial<Schemas['ProviderView']> = {}) =>
  ({ name, type: 'openai', health: 'ready', has_key: true, detail: null, ...more }) as Schemas['ProviderView'];

const model = (provider_name: string, name: string, more: Partial<Schemas['ModelView']> = {}) =>
  ({
    name,
    provider_name,
    provider_type: 'mock',
    is_active: true,
    is_callable: true,
    config: {},
    ...more,
  }) as Schemas['ModelView'];

describe('providers of the first minute', () => {
  const detail = "provider `openai` has no key: set OPENAI_API_KEY in the router's environment and restart it";
  const rows = firstRows(
    [
      provider('openai', { health: 'no key', has_key: false, detail }),
      provider('old', { health: 'inactive' }),
      provider('ollama', { has_key: false }),
      provider('gemini'),
    ],
    [model('gemini', 'a'), model('gemini', 'b'), model('gemini', 'c', { is_active: false })],
  );
  it('begin with what can be called', () => {
    expect(rows.map(({ name, state }) => [name, state])).toEqual([
      ['gemini', 'key'],
      ['ollama', 'keyless'],
      ['openai', 'missing'],
      ['old', 'off'],
    ]);
  });
  it('name the variable that is missing', () => expect(rows[2]?.variable).toBe('OPENAI_API_KEY'));
  it('count the models in use', () => expect(rows[0]?.models).toBe(2));
});

describe('the demo call', () => {
  const story = model('demo', 'story', {
    config: { mock: { first_token_ms: 200, tokens: 120, token_interval_ms: 20 } } as never,
  });
  it('goes to the model that can be watched', () => {
    expect(demoModel([model('demo', 'echo'), story])).toBe('demo/story');
  });
  it('goes to none that fails, waits too long or cannot be called', () => {
    const failing = model('demo', 'broken', { config: { mock: { error_rate: 0.5 } } as never });
    const slow = model('demo', 'slow', { config: { mock: { first_token_ms: 60_000 } } as never });
    const off = model('demo', 'off', { is_callable: false });
    expect(demoModel([failing, slow, off, model('openai', 'gpt', { provider_type: 'openai' })])).toBeUndefined();
  });
});
