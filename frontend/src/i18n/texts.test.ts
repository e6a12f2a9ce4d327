import { createTranslator } from 'use-intl';
import { beforeEach, describe, expect, it } from 'vitest';
import en from './en';
import { firstLang, rememberLang } from './language';
import zh from './zh';

type Tree = { [name: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') all.set(prefix + name, value);
    else for (const [path, text] of flat(value, `${prefix}${name}.`)) all.set(path, text);
  }
  return all;
}

const argumentsOf = (text: string): string[] => [...new Set(text.match(/\{\w+/g))].sort();

describe('texts', () => {
  const [english, chinese] = [flat(en as Tree), flat(zh as Tree)];

  it('are complete in Chinese', () => expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort()));
  it('have no empty one', () => expect([...english, ...chinese].filter(([, text]) => !text.trim())).toEqual([]));
  it('use no argument in Chinese that English does not give', () => {
    for (const [path, text] of chinese) {
      const given = argumentsOf(english.get(path) ?? '');
      for (const name of argumentsOf(text)) expect(given, path).toContain(name);
    }
  });
  it('are valid messages', () => {
    for (const [locale, messages] of [
      ['en', english],
      ['zh', chinese],
    ] as const) {
      for (const text of messages.values()) {
        const values = Object.fromEntries(argumentsOf(text).map((name) => [name.slice(1), 2]));
        const onError = (error: Error): never => {
          throw error;
        };
        const translate = createTranslator<Record<string, string>>({ locale, messages: { text }, onError });
        expect(translate('text', values)).not.toContain('{');
      }
    }
  });
});

describe('the language', () => {
  beforeEach(() => localStorage.clear());

  it('comes from the address first', () => {
    rememberLang('en');
    expect(firstLang('?lang=zh', ['en'])).toBe('zh');
  });
  it('then from before', () => {
    rememberLang('zh');
    expect(firstLang('', ['en'])).toBe('zh');
  });
  it('then from the browser', () => {
    expect(firstLang('', ['de-DE', 'zh-CN'])).toBe('zh');
    expect(firstLang('', ['de-DE'])).toBe('en');
  });
});
