import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { hasDifference, kindsOf, knownKinds, sideOf, statusOfEvent } from './journal';
import { keyEntry, modelEntry, providerEntry, sectionEntries } from './running';

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
    const { text, origin } = providerEntry({
      name: 'openai',
      type: 'openai',
      base_url: null,
      api_key: '[hidden]',
      is_active: true,
      settings: { timeout: 30, headers: { 'x-team': '[hidden]' }, request: null },
      origin: 'api',
    });
    expect(origin).toBe('api');
    expect(text).toContain('[[providers]]');
    expect(text).toContain('# api_key = …');
    expect(text).toContain('timeout = 30');
    expect(text).toContain('# x-team = …');
    expect(text).not.toContain('hidden');
    expect(text).not.toContain('origin');
  });

  it('writes a model under its provider, empty tables left out', () => {
    const { name, text } = modelEntry({
      is_active: true,
      name: 'gpt',
      provider: 'openai',
      tags: ['fast'],
      default_params: {},
      config: { weight: 2, fallbacks: [] },
      origin: 'file',
    });
    expect(name).toBe('openai/gpt');
    expect(text).toBe(
      '[[models]]\nname = "gpt"\nprovider = "openai"\nis_active = true\ntags = ["fast"]\n\n[models.config]\nweight = 2\n',
    );
  });

  it('keeps an empty list of what a key may call, because it allows nothing', () => {
    const { text } = keyEntry({ name: 'ci', role: 'user', allowed_models: [], origin: 'api' });
    expect(text).toContain('allowed_models = []');
    expect(text).toContain('# key = …');
  });

  it('writes the sections with their tables, and leaves out one that says nothing', () => {
    const entries = sectionEntries({
      server: { port: 8000 },
      timeouts: {},
      routing: { strategy: 'priority', aliases: { 'a b': { target: 'x', strategy: null } }, pairs: [{ name: 'w' }] },
      pricing: { file: null },
      telemetry: null,
    } as unknown as Schemas['RunningConfig']);
    expect(entries.map(({ name }) => name)).toEqual(['server', 'routing']);
    expect(entries[1]?.text).toBe(
      '[routing]\nstrategy = "priority"\n\n[routing.aliases."a b"]\ntarget = "x"\n\n[[routing.pairs]]\nname = "w"\n',
    );
  });
});
