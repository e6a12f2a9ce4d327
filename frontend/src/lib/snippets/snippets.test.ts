import { describe, expect, it } from 'vitest';
import { curlSnippet } from './curl';
import { javascriptSnippet, javascriptValue } from './javascript';
import { langchainSnippet } from './langchain';
import { pythonSnippet, pythonValue } from './python';
import type { SnippetRequest } from './snippet';

const request: SnippetRequest = {
  baseUrl: 'http://localhost:8000/v1',
  apiKey: 'YOUR_KEY',
  path: '/v1/chat/completions',
  body: { model: 'demo/echo', messages: [{ role: 'user', content: 'it\'s "so"\n' }] },
};

describe('a request as a program', () => {
  it('in the shell keeps quotes', () =>
    expect(curlSnippet(request)).toBe(
      [
        'curl http://localhost:8000/v1/chat/completions \\',
        "  -H 'Authorization: Bearer YOUR_KEY' \\",
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"model":"demo/echo","messages":[{"role":"user","content":"it'\\''s \\"so\\"\\n"}]}'`,
        '',
      ].join('\n'),
    ));
  it('in Python uses the library, and hands unknown members through', () =>
    expect(pythonSnippet({ ...request, body: { ...request.body, seed: 1, top_k: 5 } })).toBe(
      [
        'from openai import OpenAI',
        '',
        'client = OpenAI(base_url="http://localhost:8000/v1", api_key="YOUR_KEY")',
        'answer = client.chat.completions.create(',
        '    model="demo/echo",',
        '    messages=[{"role": "user", "content": "it\'s \\"so\\"\\n"}],',
        '    seed=1,',
        '    extra_body={"top_k": 5},',
        ')',
        'print(answer.choices[0].message.content)',
        '',
      ].join('\n'),
    ));
  it('in JavaScript reads a stream', () =>
    expect(javascriptSnippet({ ...request, body: { ...request.body, stream: true } })).toContain(
      'for await (const chunk of stream)',
    ));
  it('over a query goes to the router’s own route', () => {
    const query = {
      ...request,
      path: '/route/invoke' as const,
      body: { query: { tags: ['a'] }, request: { stream: true } },
    };
    for (const program of [curlSnippet(query), pythonSnippet(query), javascriptSnippet(query)]) {
      expect(program).toContain('http://localhost:8000/route/invoke');
    }
    expect(curlSnippet(query)).toContain('curl -N ');
  });
  it('in LangChain has one prompt', () =>
    expect(langchainSnippet({ ...request, model: 'auto', prompt: 'Hello' })).toContain('model="auto"'));
});

describe('values', () => {
  it('are Python’s', () => expect(pythonValue({ a: [true, null, 1.5, 'x'] }, 0)).toBe('{"a": [True, None, 1.5, "x"]}'));
  it('are JavaScript’s', () =>
    expect(javascriptValue({ a: "it's", 'b-c': ['"', '\\', '\\"'] }, 0)).toBe(
      `{ a: 'it\\'s', 'b-c': ['"', '\\\\', '\\\\"'] }`,
    ));
});
