import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { aliasText, modelText, providerText, Secret, type TomlTable, tomlKey, tomlText } from './toml-text';

const back = (table: TomlTable): unknown => parse(tomlText(table));

describe('the text of an entry', () => {
  it('reads as router.toml does', () => {
    const text = modelText({
      name: 'z-ai/glm-5.3',
      provider: 'mine',
      display_name: null,
      tags: ['coding', 'fast'],
      config: { context_window: 200_000, cost_per_1k_tokens: 0.0000003, supports_vision: false },
      rate_limit: { max_requests: 60, per_seconds: 60 },
    });
    expect(text).toBe(`[[models]]
name = "z-ai/glm-5.3"
provider = "mine"
tags = ["coding", "fast"]

[models.config]
context_window = 200000
cost_per_1k_tokens = 0.0000003
supports_vision = false

[models.rate_limit]
max_requests = 60
per_seconds = 60
`);
  });

  it('comes back from a parser: provider', () => {
    const provider = {
      name: 'mine',
      type: 'openai_compatible',
      base_url: 'https://llm.example.com/v1',
      is_active: false,
      settings: {
        timeout: 2.5,
        headers: { 'user-agent': 'router', 'X Odd "Name"': 'a\\b' },
        request: { inputs: '$prompt', parameters: { max_new_tokens: '$parameters.max_tokens', list: [{ a: 1 }, [2]] } },
        mock: {},
      },
    };
    expect(parse(providerText(provider))).toEqual({ providers: [provider] });
  });

  it('comes back from a parser: model with nested tables', () => {
    const model = {
      name: '名/"quoted".model',
      provider: 'p',
      description: 'Two lines,\nand "quotes" """three""" \\ back\tslash"',
      tags: [],
      default_params: { stop: ['\n\n', '</s>'], metadata: { user: 'x', deep: { er: [1, 2.5] } } },
      config: { fallbacks: ['tag:chat,fast', 'openai/gpt'], languages: ['en', 'zh'], 'odd key': true },
    };
    expect(parse(modelText(model))).toEqual({ models: [model] });
  });

  it('comes back from a parser: aliases', () => {
    expect(parse(aliasText('quick', 'tag:chat,fast'))).toEqual({ routing: { aliases: { quick: 'tag:chat,fast' } } });
    const best = { target: 'claude/claude-opus', strategy: 'sticky', fallbacks: ['openai/gpt-5.1'] };
    expect(parse(aliasText('best of.all', best))).toEqual({ routing: { aliases: { 'best of.all': best } } });
  });

  it('keeps every kind of string', () => {
    const texts = [
      '',
      ' ',
      '"',
      '\\',
      "'",
      '\u0000\u0007\u001f\u007f',
      'é 中文 🦀',
      '\r\n',
      'a\r\nb\n',
      '\n',
      '"""\n"""',
      '"\n"',
    ];
    expect(back({ texts, ...Object.fromEntries(texts.map((text, index) => [`t${index}`, text])) })).toEqual({
      texts,
      ...Object.fromEntries(texts.map((text, index) => [`t${index}`, text])),
    });
  });

  it('keeps numbers, and writes small ones without an exponent', () => {
    const numbers = { a: 0, b: -1, c: 1.5, d: 1e-7, e: 1.25e-9, f: 0.1 + 0.2, g: 1e21, h: -2.5e-8 };
    expect(tomlText(numbers)).not.toMatch(/e-/);
    expect(back(numbers)).toEqual(numbers);
  });

  it('breaks long lists, and keeps empty tables', () => {
    const tags = Array.from({ length: 20 }, (_, index) => `long-tag-${index}`);
    expect(tomlText({ tags }).split('\n').length).toBeGreaterThan(20);
    expect(back({ tags, a: { b: { c: {} } } })).toEqual({ tags, a: { b: { c: {} } } });
  });

  it('leaves secrets to the person', () => {
    const text = providerText({
      name: 'p',
      type: 'openai',
      api_key: new Secret('(not shown)'),
      settings: { headers: { 'x-token': new Secret('') } },
    });
    expect(text).toContain('# api_key = …  (not shown)');
    expect(text).toContain('# x-token = …\n');
    expect(parse(text)).toEqual({ providers: [{ name: 'p', type: 'openai', settings: { headers: {} } }] });
  });

  it('quotes keys that need it', () => {
    expect(['a-b_1', 'a.b', '', 'é', 'a b'].map(tomlKey)).toEqual(['a-b_1', '"a.b"', '""', '"é"', '"a b"']);
  });
});
