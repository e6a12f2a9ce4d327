import { describe, expect, it } from 'vitest';
import { filterQuery, readDuration, readModel } from './filters';

const none = {
  status: undefined,
  model: undefined,
  provider: undefined,
  key: undefined,
  tag: undefined,
  error: undefined,
  endpoint: undefined,
  duration: undefined,
  cost: undefined,
  attempts: undefined,
  unpriced: undefined,
  request: undefined,
  q: undefined,
};

describe('filters for the API', () => {
  it('leave out what is not set', () => expect(filterQuery(none)).toEqual({}));
  it('part a model from its provider', () => {
    expect(readModel('openrouter/meta-llama/llama-4:free')).toEqual({
      provider_name: 'openrouter',
      model_name: 'meta-llama/llama-4:free',
    });
    expect(readModel('openai/*')).toEqual({ provider_name: 'openai' });
    expect(readModel('gpt-6')).toEqual({ model_name: 'gpt-6' });
  });
  it('read durations', () =>
    expect(['2s', '500ms', '1.5m', '3', 'soon'].map(readDuration)).toEqual([2000, 500, 90_000, 3000, undefined]));
  it('name a key', () => expect(filterQuery({ ...none, key: 'ci-bot' })).toEqual({ api_key_id: 'ci-bot' }));
  it('mean more than so many attempts', () =>
    expect(filterQuery({ ...none, attempts: '1' })).toEqual({ min_attempts: 2 }));
  it('tell a status from a code', () => {
    expect(filterQuery({ ...none, error: '502' })).toEqual({ http_status: 502 });
    expect(filterQuery({ ...none, error: 'upstream_timeout' })).toEqual({ error_code: 'upstream_timeout' });
  });
});
