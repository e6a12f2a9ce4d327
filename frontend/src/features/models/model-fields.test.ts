import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { draftOf, mergePatch, readDraft } from '../entries/fields';
import { completePatch, entryOf, modelFields, textOfModel } from './model-fields';
import { modelView } from './testing';

const model = modelView({
  tags: ['chat'],
  config: {
    context_window: 128_000,
    priority: 0,
    cost_per_1k_tokens: 0.002,
    fallbacks: [],
    retires: '2027-01-01',
    price_source: { source: 'prices.toml', as_of: '2026-11-23' },
  },
  rate_limit: { max_requests: 5, per_seconds: 1, burst_size: 5, max_wait_ms: 0 },
});

const read = (changes: Record<string, string> = {}) =>
  readDraft(modelFields, { ...draftOf(modelFields, entryOf(model)), ...changes }).entry;

describe('the form of a model', () => {
  it('shows what is set, and not what is built in', () => {
    expect(draftOf(modelFields, entryOf(model))).toMatchObject({
      tags: 'chat',
      context: '128k',
      input: '2',
      priority: '',
      weight: '',
      burst: '',
      maxRequests: '5',
      rest: '{\n  "retires": "2027-01-01"\n}',
    });
  });
  it('makes a patch of what was touched alone', () => {
    expect(mergePatch(read(), read({ tags: 'chat, fast', input: '', priority: '3' }))).toEqual({
      tags: ['chat', 'fast'],
      config: { cost_per_1k_tokens: null, priority: 3 },
    });
  });
  it('sends a limit whole, and takes it away whole', () => {
    const after = read({ maxRequests: '10' });
    expect(completePatch(mergePatch(read(), after), after)).toEqual({
      rate_limit: { max_requests: 10, per_seconds: 1, burst_size: null, max_wait_ms: null, notes: null },
    });
    const none = read({ maxRequests: '', perSeconds: '' });
    expect(completePatch(mergePatch(read(), none), none)).toEqual({ rate_limit: null });
  });
  it('writes the text of router.toml', () => {
    expect(parse(textOfModel('openai', 'gpt', false, read()))).toEqual({
      models: [
        {
          name: 'gpt',
          provider: 'openai',
          tags: ['chat'],
          is_active: false,
          config: { context_window: 128_000, cost_per_1k_tokens: 0.002, retires: '2027-01-01' },
          rate_limit: { max_requests: 5, per_seconds: 1 },
        },
      ],
    });
  });
});
