import { describe, expect, it } from 'vitest';
import { curlOf, originIn, quoted } from './curl';

const call = { endpoint: 'chat', requested: 'auto', provider_name: 'p', model_name: 'a/b' };

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
  it('is quoted for a shell', () => expect(quoted("it's")).toBe(`'it'\\''s'`));
  it('is absent without a body', () => expect(curlOf({ ...call, request_body: null }, '')).toBeUndefined());
  it('has the address of the router', () =>
    expect(originIn({ curl: 'curl http://127.0.0.1:8000/v1/chat/completions \\' })).toBe('http://127.0.0.1:8000'));
});
