import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { calledUrl } from './endpoint-url';
import { factsOf, kinds } from './kinds';

const manual = readFileSync('../docs/CONFIG.md', 'utf8');

function rowsAfter(head: string): string[][] {
  const from = manual.slice(manual.indexOf(head));
  const lines = from.split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const code = (cell: string | undefined): string => /`([^`]*)`/.exec(cell ?? '')?.[1] ?? '';
const called = (type: string, base: string, endpoint = '', api = ''): string | undefined =>
  calledUrl({ type, base, endpoint, api }).url;

describe('the types of providers', () => {
  const rows = rowsAfter('| type | default `base_url` | key |');
  it('are those of the manual', () => {
    const listed = rows.flatMap(([types = '']) =>
      [...types.replace(/\(.*\)/, '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect([...listed].sort()).toEqual(Object.keys(kinds).sort());
  });
  it('have its addresses and needs', () => {
    for (const [types = '', base = '', key = ''] of rows) {
      for (const [, name = ''] of types.replace(/\(.*\)/, '').matchAll(/`(\w+)`/g)) {
        expect(factsOf(name)?.base, name).toBe(base.startsWith('`') ? code(base) : undefined);
        expect(factsOf(name)?.key === 'needed', name).toBe(/^needed(?! if)/.test(key));
      }
    }
  });
});

describe('the URL that is called', () => {
  it('is that of the manual', () => {
    const rows = rowsAfter('| type | `base_url` | `endpoint` | called |');
    expect(rows.length).toBeGreaterThan(4);
    for (const [type, base, endpoint, url] of rows) {
      expect(called(code(type), code(base), code(endpoint))).toBe(code(url));
    }
  });
  it('follows the type', () => {
    expect(called('claude', '')).toBe('https://api.anthropic.com/v1/messages');
    expect(called('claude', 'https://api.deepseek.com/anthropic')).toBe(
      'https://api.deepseek.com/anthropic/v1/messages',
    );
    expect(called('gemini', '')).toBe(
      'https://generativelanguage.googleapis.com/v1beta/models/{model}:generateContent',
    );
    expect(called('ollama', 'http://localhost:11434/v1')).toBe('http://localhost:11434/api/chat');
    expect(called('openai_compatible', 'https://g.com/v1beta/openai')).toBe(
      'https://g.com/v1beta/openai/chat/completions',
    );
    expect(called('openai_compatible', 'https://host/chat/completions')).toBe('https://host/chat/completions');
    expect(called('glm', 'https://open.bigmodel.cn/api/paas')).toBe(
      'https://open.bigmodel.cn/api/paas/v4/chat/completions',
    );
    expect(called('remote_http', 'http://h:9/', '/generate/')).toBe('http://h:9/generate');
    expect(called('openai_compatible', 'http://h', 'https://other/x')).toBe('https://other/x');
  });
  it('is the Responses API where it is asked for', () => {
    expect(called('openai', '', '', 'responses')).toBe('https://api.openai.com/v1/responses');
    expect(called('openai_compatible', 'https://h/v1', '/own/responses', 'responses')).toBe(
      'https://h/v1/own/responses',
    );
  });
  it('is not there where the base is none', () => {
    const problem = (base: string) => calledUrl({ type: 'openai_compatible', base, endpoint: '', api: '' }).problem;
    expect(['', 'h', 'ftp://h', 'https://', 'https://h?key=1', 'https://u:p@h'].map(problem)).toEqual([
      'missing',
      'url',
      'scheme',
      'url',
      'extra',
      'extra',
    ]);
  });
});
