import { describe, expect, it } from 'vitest';
import { matching, type Running, runningLines } from './running';

const call = (more: Partial<Running>): Running => ({
  request_id: 'r',
  started_at: new Date(0).toISOString(),
  endpoint: 'chat',
  requested: 'auto',
  model_name: 'gpt',
  provider_name: 'openai',
  api_key: 'ci',
  is_stream: true,
  attempt: 1,
  first_token_at: null,
  ...more,
});

describe('calls in flight', () => {
  it('are filtered as the list is', () => {
    const calls = [call({}), call({ provider_name: 'claude', api_key: null })];
    expect(matching(calls, {})).toHaveLength(2);
    expect(matching(calls, { model: 'openai/*' })).toEqual([calls[0]]);
    expect(matching(calls, { model: 'openai/gpt', key: 'ci' })).toEqual([calls[0]]);
    expect(matching(calls, { key: '0' })).toEqual([calls[1]]);
  });
  it('have no end to filter by', () => expect(matching([call({})], { status: 'error' })).toEqual([]));
  it('are listed once they are worth a line, the oldest first', () => {
    const lines = runningLines(
      [
        call({ request_id: 'young', started_at: new Date(9_700).toISOString() }),
        call({ request_id: 'mid', started_at: new Date(8_000).toISOString(), model_name: null }),
        call({ request_id: 'old', first_token_at: new Date(1).toISOString() }),
      ],
      10_000,
    );
    expect(lines.map(({ call: { request_id }, ageMs, state }) => [request_id, ageMs, state])).toEqual([
      ['old', 10_000, 'streaming'],
      ['mid', 2000, 'routing'],
    ]);
  });
});
