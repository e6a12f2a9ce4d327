import { describe, expect, it } from 'vitest';
import { handoverOf, handoverSearch } from './handover';

const messages = [{ role: 'user', content: 'hi' }];
const of = (body: unknown) => handoverOf({ requested: 'auto', request_body: JSON.stringify(body) });

describe('a call that is sent again', () => {
  it('keeps messages and parameters', () =>
    expect(of({ model: 'x', stream: true, stream_options: {}, messages, temperature: 0.2 })).toEqual({
      target: 'auto',
      body: { messages, temperature: 0.2 },
    }));
  it('is unwrapped from /invoke and /route/invoke', () => {
    expect(of({ prompt: 'hi', parameters: { top_p: 1 } })?.body).toEqual({ messages, top_p: 1 });
    expect(of({ query: { tags: ['a'] }, request: { prompt: 'hi' } })?.body).toEqual({ messages });
  });
  it('is nothing without a body', () => {
    expect(handoverOf({ requested: 'a', request_body: null })).toBeUndefined();
    expect(handoverOf({ requested: 'a', request_body: 'no json' })).toBeUndefined();
  });
  it('is a link', () => expect(handoverSearch(7)).toEqual({ call: '7' }));
});
