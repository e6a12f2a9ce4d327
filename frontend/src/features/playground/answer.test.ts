import { describe, expect, it } from 'vitest';
import { type Answer, beginning, tokensPerSecond, withPiece } from './answer';
import { adviceFor, cut, failureOf } from './failure';
import { readAnswer, readEvent } from './pieces';
import { costSoFar } from './prepare-candidates';
import { compared, prepareFigures } from './prepare-figures';

const chunk = (delta: object, more: object = {}): string => JSON.stringify({ choices: [{ index: 0, delta }], ...more });
const heard = (...events: string[]): Answer =>
  events.reduce((answer, data, index) => withPiece(answer, readEvent(data).piece, (index + 1) * 100), beginning(true));

describe('a streamed answer', () => {
  it('grows piece by piece', () => {
    const answer = heard(
      chunk({ role: 'assistant' }),
      chunk({ reasoning_content: 'hm' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
      JSON.stringify({
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } },
      }),
    );
    expect(answer).toMatchObject({
      text: 'Hello',
      reasoning: 'hm',
      finishReason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 1 },
      ttftMs: 200,
      countedTokens: 3,
    });
  });
  it('puts the pieces of several tool calls together', () => {
    const call = (index: number, made: object, id?: string): string =>
      chunk({ tool_calls: [{ index, id, function: made }] });
    const { toolCalls } = heard(
      call(0, { name: 'a', arguments: '' }, 'c0'),
      call(1, { name: 'b', arguments: '{' }, 'c1'),
      call(0, { arguments: '{"x":1}' }),
      call(1, { arguments: '}' }),
    );
    expect(toolCalls).toEqual([
      { id: 'c0', name: 'a', arguments: '{"x":1}' },
      { id: 'c1', name: 'b', arguments: '{}' },
    ]);
  });
  it('is read from the router’s own lines too', () => {
    const line = JSON.stringify({ text: 'Hi', is_final: false, delta: { content: 'Hi' }, raw: {} });
    const last = JSON.stringify({
      text: '',
      finish_reason: 'stop',
      is_final: true,
      usage: { prompt_tokens: 1, completion_tokens: 1, cached_tokens: 0 },
      cost: 0.002,
      model: 'echo',
      provider: 'demo',
    });
    expect(heard(line, last)).toMatchObject({ text: 'Hi', cost: 0.002, servedBy: 'demo/echo', finishReason: 'stop' });
    expect(readEvent(last).isLast).toBe(true);
  });
  it('ends with [DONE] or with its error', () => {
    expect(readEvent('[DONE]').isLast).toBe(true);
    const { failure } = readEvent('{"error":{"message":"broke","code":"upstream_closed"}}');
    expect(failure).toMatchObject({ kind: 'in_stream', code: 'upstream_closed', message: 'broke' });
  });
  it('has a speed from its first token on', () => {
    const answer = { ...beginning(true), ttftMs: 500, durationMs: 1500, countedTokens: 50 };
    expect(tokensPerSecond(answer)).toBe(50);
    expect(tokensPerSecond({ ...answer, ttftMs: undefined })).toBeUndefined();
  });
});

it('a whole answer is read in both forms', () => {
  const message = { content: 'Hi', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }] };
  const raw = { choices: [{ message, finish_reason: 'stop' }], usage: { completion_tokens: 4 } };
  expect(readAnswer(raw)).toMatchObject({ text: 'Hi', toolCalls: [{ index: 0, name: 'f' }], finishReason: 'stop' });
  expect(readAnswer({ output_text: 'Hi', cost: 0, model: 'echo', provider: 'demo', raw })).toMatchObject({
    text: 'Hi',
    cost: 0,
    servedBy: 'demo/echo',
    toolCalls: [{ name: 'f' }],
  });
});

describe('a failure', () => {
  const headers = new Headers({ 'retry-after': '12', 'x-request-id': 'r1' });
  const limited = failureOf(429, { error: { message: 'slow down', code: 'upstream_rate_limited' } }, headers);

  it('says when to come back', () =>
    expect(limited).toMatchObject({ status: 429, retryAfter: 12, isWorthRetrying: true, requestId: 'r1' }));
  it('is not worth another attempt where the router says so', () => {
    const failure = failureOf(
      503,
      { detail: 'no key', code: 'no_usable_model' },
      new Headers({ 'x-should-retry': 'false' }),
    );
    expect(failure.isWorthRetrying).toBe(false);
    expect(adviceFor(failure)).toEqual({ text: 'no_usable_model', page: 'providers' });
  });
  it('always has an advice', () => {
    expect(adviceFor(limited)).toEqual({ text: 'upstream_rate_limited', page: 'providers' });
    expect(adviceFor(cut())).toEqual({ text: 'cut' });
    expect(adviceFor({ ...limited, code: 'new_code' })).toEqual({ text: 'wait' });
    expect(adviceFor({ ...limited, code: 'new_code', retryAfter: undefined, isWorthRetrying: false })).toEqual({
      text: 'invalid_request',
    });
  });
});

describe('figures', () => {
  const prices = { input: 0.000002, output: 0.00001 };
  const answer = { ...beginning(true), phase: 'streaming' as const, ttftMs: 100, durationMs: 1100, countedTokens: 20 };
  const of = (more: object = {}) => prepareFigures({ answer, call: undefined, promptTokens: 10, prices, ...more });

  it('count while it runs', () => {
    const cost = of().find(({ name }) => name === 'cost');
    expect(cost).toMatchObject({ value: '$0.00022', isEstimate: true });
    expect(of().find(({ name }) => name === 'speed')?.value).toBe('20');
  });
  it('are unknown without a price, never 0', () => {
    expect(of({ prices: undefined }).find(({ name }) => name === 'cost')?.value).toBe('—');
    expect(costSoFar({ input: undefined, output: 1 }, 1, 1)).toBeUndefined();
  });
  it('show the second side against the first', () => {
    const slower = of({ answer: { ...answer, ttftMs: 200 } });
    expect(compared(of(), slower).find(({ name }) => name === 'ttft')).toMatchObject({
      change: { direction: 'up', size: '100 %' },
      good: 'down',
    });
  });
});
