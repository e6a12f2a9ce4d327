import { describe, expect, it } from 'vitest';
import { curlOf, originIn, quoted } from './curl';

const call = { endpoint: 'chat', requested: 'auto', provider_name: 'p', model_name: 'a/b', is_stream: false };

describe('curl', () => {
  it('sends what was sent', () =>
    expect(curlOf({ ...call, request_body: '{"model":"auto","messages":[]}' }, 'http://r')).toBe(
      `curl http://r/v1/chat/completions \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"auto","messages":[]}'`,
    ));
  it('names the model that stood in the path', () => {
    expect(curlOf({ ...call, request_body: '{"messages":[]}' }, '')).toContain('"model":"auto"');
    expect(curlOf({ ...call, endpoint: 'invoke', request_body: '{"prompt":"x"}' }, '')).toContain(
      '/models/p/a/b/invoke',
    );
  });
  it.each([
    ['messages', {}, '/v1/messages'],
    ['gemini', {}, '/v1beta/models/auto:generateContent'],
    ['gemini_embeddings', { content: {} }, '/v1beta/models/auto:embedContent'],
    ['gemini_embeddings', { requests: [] }, '/v1beta/models/auto:batchEmbedContents'],
    ['ollama_chat', {}, '/api/chat'],
    ['ollama_embeddings', { input: 'a' }, '/api/embed'],
    ['ollama_embeddings', { prompt: 'a' }, '/api/embeddings'],
    ['embeddings', {}, '/v1/embeddings'],
  ])('goes where a call of %s with %j came', (endpoint, body, path) => {
    const curl = curlOf({ ...call, endpoint, request_body: JSON.stringify(body) }, 'http://r');
    expect(curl).toContain(`curl http://r${path} `);
    expect(curl?.includes('"model":"auto"')).toBe(!endpoint.startsWith('gemini'));
  });
  it('streams where the call was streamed', () =>
    expect(curlOf({ ...call, endpoint: 'gemini', is_stream: true, request_body: '{}' }, '')).toContain(
      '/v1beta/models/auto:streamGenerateContent ',
    ));
  it('is quoted for a shell', () => expect(quoted("it's")).toBe(`'it'\\''s'`));
  it('is absent without a body', () => expect(curlOf({ ...call, request_body: null }, '')).toBeUndefined());
  it('has the address of the router', () =>
    expect(originIn({ curl: 'curl http://127.0.0.1:8000/v1/chat/completions \\' })).toBe('http://127.0.0.1:8000'));
});
