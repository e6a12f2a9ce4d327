import { describe, expect, it } from 'vitest';
import { type Draft, emptyDraft, newMessage, type Target } from './draft';
import { draftOf, targetOf, targetText } from './from-body';
import { buildRequest, isSound, withoutImageData } from './request';

const auto: Target = { kind: 'name', name: 'auto' };
const written = (changes: Partial<Draft> = {}): Draft => ({
  ...emptyDraft(),
  messages: [newMessage('user', 'hi')],
  isStreamed: false,
  ...changes,
});

describe('the request of a draft', () => {
  it('holds what was written and nothing else', () => {
    const draft = written({
      system: 'Be brief.',
      parameters: { ...emptyDraft().parameters, temperature: '0.2', stop: '1' },
    });
    expect(buildRequest(draft, auto)).toEqual({
      path: '/v1/chat/completions',
      body: {
        model: 'auto',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'hi' },
        ],
        temperature: 0.2,
        stop: '1',
      },
      faults: { json: {}, parameters: [], isBlank: false },
    });
  });
  it('asks a stream for its usage', () =>
    expect(buildRequest(written({ isStreamed: true }), auto).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    }));
  it('goes to the router’s own route with a query over tags', () => {
    const query = { all: ['coding'], any: [], none: ['free'], providerTypes: [], strategy: 'least_cost' };
    expect(buildRequest(written(), { kind: 'query', query })).toMatchObject({
      path: '/route/invoke',
      body: {
        query: { tags: ['coding'], exclude_tags: ['free'], strategy: 'least_cost' },
        request: { messages: [{ role: 'user', content: 'hi' }] },
      },
    });
  });
  it('has images as parts', () => {
    const message = { ...newMessage('user', 'look'), images: ['data:image/png;base64,AAAA'] };
    expect(buildRequest(written({ messages: [message] }), auto).body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ]);
  });
  it('names what is wrong and leaves it out', () => {
    const parameters = { ...emptyDraft().parameters, seed: 'x' };
    const { body, faults } = buildRequest(written({ tools: '{}', parameters }), auto);
    expect(faults).toMatchObject({ json: { tools: { kind: 'array', line: 1 } }, parameters: ['seed'] });
    expect(isSound(faults)).toBe(false);
    expect(body).not.toHaveProperty('tools');
  });
  it('is blank without a message', () => expect(buildRequest(emptyDraft(), auto).faults.isBlank).toBe(true));
  it('is explained without the bytes of its images', () => {
    const url = `data:image/png;base64,${'A'.repeat(100)}`;
    expect(withoutImageData({ messages: [{ content: [{ image_url: { url } }] }] })).toEqual({
      messages: [{ content: [{ image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    });
  });
});

describe('a recorded request', () => {
  it('comes back whole', () => {
    const body = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'input_audio', input_audio: { data: 'x' } },
          ],
        },
        { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }] },
        { role: 'tool', content: '4 °C', tool_call_id: 'c1' },
      ],
      temperature: 0.2,
      tools: [{ type: 'function' }],
      response_format: { type: 'json_object' },
      stop: ['a', 'b'],
    };
    const draft = { ...draftOf(body), isStreamed: false };
    expect(buildRequest(draft, auto).body).toEqual({ model: 'auto', ...body });
  });
  it('without messages is a blank one', () => expect(draftOf({}).messages).toHaveLength(1));
});

describe('a target', () => {
  it.each(['openai/gpt-5.1', 'auto', 'pair:smart', 'tag:coding,!free'])('%s is a name', (name) => {
    expect(targetOf(name)).toEqual({ kind: 'name', name });
    expect(targetText(targetOf(name))).toBe(name);
  });
  it('of a recorded query is a query', () =>
    expect(targetOf('tag:coding any_tag:fast provider_type:openai')).toEqual({
      kind: 'query',
      query: { all: ['coding'], any: ['fast'], none: [], providerTypes: ['openai'], strategy: '' },
    }));
  it.each(['query:', 'query:tag:a exclude_tag:b strategy:least_cost'])('%s survives the URL', (text) =>
    expect(targetText(targetOf(text))).toBe(text),
  );
});
