import { describe, expect, it } from 'vitest';
import { bodyOf, emptyValues, errorsOf, listOf, matching, patchOf, valuesOf } from './form-values';

const always = () => true;
const key = valuesOf({
  name: 'ci',
  role: 'user',
  is_active: true,
  expires_at: '2026-12-04T00:00:00Z',
  allowed_models: ['openai/*', 'claude/claude-5'],
  allowed_tags: [],
  requests_per_minute: 60,
  budget: { usd: 5, per: 'day', time_zone: 'Asia/Shanghai' },
  parameter_limits: { max_tokens: 4096, custom_limits: { n: { min: 1, max: 2 } } },
});

describe('the form of a key', () => {
  it('shows a key and says the same again', () => {
    expect(bodyOf(key)).toMatchObject({
      name: 'ci',
      expires_at: '2026-12-03',
      allowed_models: ['openai/*', 'claude/claude-5'],
      allowed_tags: [],
      allowed_providers: null,
      requests_per_minute: 60,
      tokens_per_minute: null,
      budget: { usd: 5, tokens: null, per: 'day', time_zone: 'Asia/Shanghai' },
      parameter_limits: { max_tokens: 4096, custom_limits: { n: { min: 1, max: 2 } } },
    });
  });

  it('keeps an end that is no midnight', () => {
    expect(valuesOf({ name: 'a', role: 'user', is_active: true, expires_at: '2026-12-04T08:30:00Z' }).expires).toBe(
      '2026-12-04T08:30:00Z',
    );
  });

  it('sends only what was changed', () => {
    expect(patchOf(key, key)).toEqual({});
    expect(patchOf(key, { ...key, requests: '', models: { isAll: true, text: 'openai/*' } })).toEqual({
      requests_per_minute: null,
      allowed_models: null,
    });
  });

  it('names what cannot be sent', () => {
    expect(errorsOf({ ...emptyValues, requests: '0', budgetUsd: 'x', zone: 'Mars' }, () => false)).toEqual({
      name: 'name',
      requests: 'whole',
      budgetUsd: 'number',
      zone: 'zone',
    });
    expect(errorsOf({ ...key, bounds: [{ name: 'top_p', min: '2', max: '1' }] }, always)).toEqual({ bounds: 'bounds' });
    expect(errorsOf(key, always)).toEqual({});
  });

  it('counts the models that a list allows', () => {
    const models = ['openai/gpt-6', 'openai/gpt-6-mini', 'openrouter/meta/llama:free'];
    expect(matching(listOf('openai/*'), models)).toBe(2);
    expect(matching(['gpt-6', '*/meta/llama:free'], models)).toBe(2);
    expect(matching(['nothing'], models)).toBe(0);
  });
});
