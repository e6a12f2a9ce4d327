import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { hasDifference, kindsOf, knownKinds, sideOf, statusOfEvent } from './journal';
import { keyEntry, modelEntry, providerEntry } from './running';

describe('the journal', () => {
  it('leaves out of a difference what changes at each look', () => {
    const event = { before: { name: 'a', used: { day: 1 } }, after: { name: 'a', used: { day: 2 } } };
    expect(sideOf(event.before)).not.toContain('used');
    expect(hasDifference(event as never)).toBe(false);
    expect(hasDifference({ before: null, after: { name: 'a' } } as never)).toBe(true);
  });

  it('marks states only', () => {
    expect(statusOfEvent('config.refused')).toBe('error');
    expect(statusOfEvent('model.changed')).toBeUndefined();
  });

  it('asks for kinds that exist', () => {
    const nouns = new Set(knownKinds.map((kind) => kind.split('.')[0]));
    for (const kind of Object.values(kindsOf).flat()) expect(nouns).toContain(kind);
  });
});

describe('the running configuration', () => {
  it('writes a provider without its secrets', () => {
    const { text } = providerEntry({
      name: 'openai',
      type: 'openai',
      has_key: true,
      is_active: true,
      base_url: null,
      settings: { timeout: 30, headers: { 'x-team': '[hidden]' }, request: null },
    } as unknown as Schemas['ProviderView']);
    expect(text).toContain('[[providers]]');
    expect(text).toContain('# api_key = …');
    expect(text).toContain('timeout = 30');
    expect(text).toContain('# x-team = …');
    expect(text).not.toContain('hidden');
  });

  it('writes a model under its provider, empty tables left out', () => {
    const { name, text } = modelEntry({
      name: 'gpt',
      provider_name: 'openai',
      tags: ['fast'],
      default_params: {},
      config: { weight: 2, fallbacks: [] },
      is_active: true,
    } as unknown as Schemas['ModelView']);
    expect(name).toBe('openai/gpt');
    expect(text).toBe(
      '[[models]]\nname = "gpt"\nprovider = "openai"\nis_active = true\ntags = ["fast"]\n\n[models.config]\nweight = 2\n',
    );
  });

  it('keeps an empty list of what a key may call, because it allows nothing', () => {
    const { text } = keyEntry({ name: 'ci', prefix: 'sk-1', role: 'user', allowed_models: [] } as never);
    expect(text).toContain('allowed_models = []');
    expect(text).toContain('# key = …  sk-1…');
  });
});
