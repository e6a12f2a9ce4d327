import { describe, expect, it } from 'vitest';
import type { CallDetail } from '@/api/queries/invocations';
import { outcomeWord, type Route } from './call-parts';
import { prepareCost, pricedTokens } from './prepare-cost';
import { excludedGroups, routeRows } from './prepare-route';
import { timingSteps } from './prepare-timing';

const words = {
  auth: 'auth',
  route: 'route',
  queue: 'queue',
  backoff: 'backoff',
  connect: 'connect',
  firstToken: 'first token',
  answer: 'answer',
  stream: 'stream',
};
const failed = { model: 'a/one', outcome: 'upstream_timeout', at_ms: 1, ms: 2000, queue_ms: 0, error: 'too slow' };
const answered = { model: 'b/two', outcome: 'answered', at_ms: 2250, ms: 660, queue_ms: 18, connect_ms: 0 };
const route: Route = {
  strategy: 'least_latency',
  candidates: [
    { model: 'a/one', reason: '310 ms' },
    { model: 'b/two', reason: '455 ms' },
    { model: 'c/three', reason: 'not measured' },
  ],
  attempts: [failed, answered],
};

describe('where the time went', () => {
  it('has a row a phase and attempt on one clock', () => {
    const steps = timingSteps(
      { timings: { auth_ms: 0.1, route_ms: 0.9, stream_ms: 3640 }, route, is_stream: true },
      words,
    );
    expect(steps.map(({ label, fromMs, ms, outcome }) => [label, fromMs, ms, outcome])).toEqual([
      ['auth', 0, 0.1, undefined],
      ['route', 0.1, 0.9, undefined],
      ['a/one', 1, 2000, 'timeout'],
      ['backoff', 2001, 249, undefined],
      ['queue', 2250, 18, undefined],
      ['b · first token', 2268, 642, undefined],
      ['b · stream', 2910, 3640, undefined],
    ]);
  });
  it('names no provider where there was one attempt, and no stream where there was none', () => {
    const only = { ...route, attempts: [{ ...answered, at_ms: 1, queue_ms: 0 }] };
    expect(
      timingSteps(
        { timings: { auth_ms: 0.1, route_ms: 0.2, stream_ms: 0.1 }, route: only, is_stream: false },
        words,
      ).map(({ label }) => label),
    ).toEqual(['auth', 'route', 'answer']);
  });
  it('is empty for a call without timings', () =>
    expect(timingSteps({ timings: null, route: null, is_stream: true }, words)).toEqual([]));
});

describe('the route', () => {
  it('shows each candidate with what came of it', () => {
    expect(routeRows(route, 3640).map(({ model, outcomes }) => [model, ...outcomes.map((one) => one.ms)])).toEqual([
      ['a/one', 2000],
      ['b/two', 4300],
      ['c/three'],
    ]);
  });
  it('keeps several attempts of one model together and adds fallbacks', () => {
    const rows = routeRows({ candidates: [{ model: 'a/one', reason: 'named' }], attempts: [failed, failed, answered] });
    expect(rows.map(({ position, model, reason, outcomes }) => [position, model, reason, outcomes.length])).toEqual([
      [1, 'a/one', 'named', 2],
      [2, 'b/two', undefined, 1],
    ]);
  });
  it('puts what a person can change before what was never meant', () => {
    const leftOut = [
      { model: 'x/a', why: 'tag', reason: 'lacks tag `fast`' },
      { model: 'x/b', why: 'no_key', reason: 'set X_API_KEY' },
      { model: 'x/c', why: 'tag', reason: 'lacks tag `fast`' },
    ];
    expect(excludedGroups(leftOut).map(({ why, models }) => [why, models.length])).toEqual([
      ['no_key', 1],
      ['tag', 2],
    ]);
  });
  it('reads codes as words', () => expect(outcomeWord('upstream_rate_limited')).toBe('rate limited'));
});

describe('the cost', () => {
  const price = {
    input_per_1m: 5,
    cached_per_1m: 0.5,
    cache_write_per_1m: null,
    output_per_1m: 16,
    reasoning_per_1m: null,
    source: 'router.toml',
    as_of: null,
  };
  const call = {
    prompt_tokens: 1000,
    cached_tokens: 400,
    cache_write_tokens: 100,
    completion_tokens: 50,
    reasoning_tokens: 20,
    cost: 0.004,
    price,
  } as Partial<CallDetail> as CallDetail;

  it('parts cached tokens from the prompt only where they have a price of their own', () => {
    expect(pricedTokens(call, price)).toEqual([
      { part: 'prompt', tokens: 600, per1m: 5 },
      { part: 'cached', tokens: 400, per1m: 0.5 },
      { part: 'completion', tokens: 50, per1m: 16 },
    ]);
  });
  it('adds up to the total that the router recorded', () => {
    const model = prepareCost(call);
    expect(model?.lines.map(({ amount }) => amount)).toEqual(['$0.003', '$0.0002', '$0.0008']);
    expect(model?.total).toBe('$0.004');
  });
  it('is absent without a price', () => expect(prepareCost({ ...call, price: null })).toBeUndefined());
});
