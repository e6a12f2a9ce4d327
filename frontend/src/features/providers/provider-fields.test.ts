import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { draftOf, mergePatch, readDraft } from '../entries/fields';
import { entryOf, missingVariable, providerFields, textOfProvider } from './provider-fields';

const provider = {
  type: 'openai',
  base_url: 'https://api.openai.com/v1',
  settings: {
    auth_scheme: '',
    headers: { 'x-token': '[hidden]', 'user-agent': 'me' },
    timeout: 120,
    response: { text: null },
    anthropic_version: '2023-06-01',
  },
} as unknown as Parameters<typeof entryOf>[0];
const read = (changes: Record<string, string> = {}) =>
  readDraft(providerFields, { ...draftOf(providerFields, entryOf(provider)), ...changes }).entry;

describe('the form of a provider', () => {
  it('leaves out what is built in', () => {
    expect(draftOf(providerFields, entryOf(provider))).toMatchObject({
      baseUrl: '',
      authScheme: '""',
      timeout: '120',
      response: '',
      rest: '{\n  "anthropic_version": "2023-06-01"\n}',
    });
  });
  it('changes only what was touched, and never a hidden value', () => {
    expect(mergePatch(read(), read({ timeout: '', baseUrl: 'https://eu.api.openai.com' }))).toEqual({
      base_url: 'https://eu.api.openai.com',
      settings: { timeout: null },
    });
    expect(mergePatch(read(), read({ headers: '{"x-token":"[hidden]"}' }))).toEqual({
      settings: { headers: { 'user-agent': null } },
    });
  });
  it('writes the text of router.toml, with its secrets left to the person', () => {
    const text = textOfProvider({ name: 'p', type: 'openai', isActive: true, entry: read(), hasKey: true });
    expect(text).toContain('# api_key_env = …');
    expect(text).toContain('# x-token = …');
    expect(parse(text)).toEqual({
      providers: [
        {
          name: 'p',
          type: 'openai',
          settings: { timeout: 120, auth_scheme: '', headers: { 'user-agent': 'me' }, anthropic_version: '2023-06-01' },
        },
      ],
    });
  });
  it('names the variable that is missing', () => {
    const variable = missingVariable("provider `a` has no key: set ANTHROPIC_API_KEY in the router's environment");
    expect(variable).toBe('ANTHROPIC_API_KEY');
    const text = textOfProvider({ name: 'a', type: 'claude', isActive: false, entry: {}, hasKey: false, variable });
    expect(parse(text)).toEqual({
      providers: [{ name: 'a', type: 'claude', api_key_env: 'ANTHROPIC_API_KEY', is_active: false }],
    });
  });
});
