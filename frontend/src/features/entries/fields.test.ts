import { describe, expect, it } from 'vitest';
import {
  changedFields,
  draftOf,
  type FieldSpec,
  mergePatch,
  perMillion,
  perThousand,
  priceText,
  readDraft,
  readSize,
  sizeText,
} from './fields';

const specs: FieldSpec[] = [
  { id: 'name', path: ['name'], kind: 'text', isRequired: true },
  { id: 'isActive', path: ['is_active'], kind: 'switch' },
  { id: 'tags', path: ['tags'], kind: 'words' },
  { id: 'fallbacks', path: ['config', 'fallbacks'], kind: 'lines' },
  { id: 'context', path: ['config', 'context_window'], kind: 'size' },
  { id: 'price', path: ['config', 'cost_per_1k_tokens'], kind: 'price' },
  { id: 'vision', path: ['config', 'supports_vision'], kind: 'yesno' },
  { id: 'max', path: ['config', 'max_concurrent'], kind: 'whole', least: 1 },
  { id: 'params', path: ['default_params'], kind: 'json' },
  {
    id: 'rest',
    path: ['config'],
    kind: 'rest',
    except: ['fallbacks', 'context_window', 'cost_per_1k_tokens', 'supports_vision', 'max_concurrent'],
  },
];

const entry = {
  name: 'm',
  is_active: false,
  tags: ['a', 'b'],
  config: {
    fallbacks: ['tag:chat,fast', 'p/m'],
    context_window: 128_000,
    cost_per_1k_tokens: 0.0003,
    supports_vision: false,
    odd: { x: 1 },
  },
  default_params: { temperature: 0.2 },
};

describe('a form of an entry', () => {
  it('gives back what it took', () => {
    expect(readDraft(specs, draftOf(specs, entry))).toEqual({ entry, errors: {} });
  });
  it('tells a text that is empty from one that is absent', () => {
    const scheme: FieldSpec[] = [{ id: 'scheme', path: ['auth_scheme'], kind: 'text' }];
    expect(draftOf(scheme, { auth_scheme: '' })).toEqual({ scheme: '""' });
    expect(readDraft(scheme, { scheme: '""' }).entry).toEqual({ auth_scheme: '' });
  });
  it('shows what is absent as empty, and leaves it out again', () => {
    const draft = draftOf(specs, { name: 'm', config: { context_window: null }, default_params: {} });
    expect(draft).toMatchObject({ context: '', price: '', vision: '', params: '', rest: '', isActive: 'true' });
    expect(readDraft(specs, draft).entry).toEqual({ name: 'm' });
  });
  it('shows prices per million tokens', () => {
    expect(draftOf(specs, entry).price).toBe('0.3');
    expect(perThousand(perMillion(0.0000001))).toBe(0.0000001);
    expect(perMillion(0.0011)).toBe(1.1);
  });
  it('writes prices as price lists do', () => {
    expect([0.01, 0.0025, 0.00015, 0, 0.0000004].map(priceText)).toEqual(['$10', '$2.50', '$0.15', '$0', '$0.0004']);
  });
  it('says what cannot be read', () => {
    const draft = { name: ' ', price: '-1', max: '1.5', context: '12x', params: '{', rest: '[]' };
    expect(readDraft(specs, draft).errors).toEqual({
      name: 'required',
      price: 'least',
      max: 'whole',
      context: 'size',
      params: 'json',
      rest: 'object',
    });
  });
  it('reads sizes as router.toml does', () => {
    expect([128_000, 1_000_000, 1_500_000, 1_048_576, 512].map(sizeText)).toEqual([
      '128k',
      '1M',
      '1.5M',
      '1048576',
      '512',
    ]);
    expect(['128k', '1M', '1.5M', '1_048_576', '0.5', 'x'].map(readSize)).toEqual([
      128_000,
      1_000_000,
      1_500_000,
      1_048_576,
      undefined,
      undefined,
    ]);
  });
});

describe('the patch of a change', () => {
  it('holds only what changed, and null for what is gone', () => {
    const after = {
      name: 'm',
      tags: ['a'],
      config: { context_window: 128_000, odd: { x: 1 }, weight: 2 },
      rate_limit: { max_requests: 1 },
    };
    expect(mergePatch(entry, after)).toEqual({
      is_active: null,
      tags: ['a'],
      config: { fallbacks: null, cost_per_1k_tokens: null, supports_vision: null, weight: 2 },
      default_params: null,
      rate_limit: { max_requests: 1 },
    });
  });
  it('clears a config key by key, so that hidden keys stay', () => {
    expect(mergePatch({ config: { weight: 2 } }, {})).toEqual({ config: { weight: null } });
  });
  it('is empty for the same', () => expect(mergePatch(entry, structuredClone(entry))).toEqual({}));
  it('names the fields that changed', () =>
    expect(changedFields({ a: '1', b: '' }, { a: '2', b: '', c: '' })).toEqual(['a']));
});
