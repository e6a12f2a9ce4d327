import { expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { waysOf } from './ways';

const model = (provider: string, name: string, tags: string[], type = 'openai') =>
  ({ provider_name: provider, name, tags, provider_type: type, is_callable: true }) as Schemas['ModelView'];
const ids = (...all: string[]) =>
  all.map((id) => ({
    id,
    object: 'model',
    type: 'model',
    display_name: id,
    created: 0,
    created_at: '1970-01-01T00:00:00Z',
    owned_by: '',
    lifecycle: 'active',
    max_input_tokens: null,
    max_tokens: null,
  }));

it('names only what leads somewhere', () => {
  const models = [
    model('demo', 'echo', ['demo'], 'mock'),
    model('openai', 'gpt', ['chat', 'fast']),
    model('glm', 'x', ['chat']),
  ];
  expect(waysOf(ids('demo/echo', 'openai/gpt', 'glm/x', 'quick', 'pair:smart'), models)).toEqual([
    { kind: 'model', example: 'demo/echo', count: 3 },
    { kind: 'alias', example: 'quick', count: 1 },
    { kind: 'pair', example: 'pair:smart', count: 1 },
    { kind: 'tag', example: 'tag:chat', count: 2 },
    { kind: 'auto', example: 'auto', count: 2 },
  ]);
});
it('offers no tags and no auto where there are only mocks', () =>
  expect(waysOf(ids('demo/echo'), [model('demo', 'echo', ['demo'], 'mock')]).map(({ kind }) => kind)).toEqual([
    'model',
  ]));
