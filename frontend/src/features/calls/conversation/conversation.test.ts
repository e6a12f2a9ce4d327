import { describe, expect, it } from 'vitest';
import { readAnswer } from './answer';
import { readRequest } from './request';

const stream = (...events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join('\n');
const png = 'iVBORw0KGgo';

describe('a request', () => {
  it('of OpenAI: images, tool calls with their results, reasoning', () => {
    const { turns, tools, parameters } = readRequest({
      model: 'm',
      temperature: 0.2,
      tools: [{ type: 'function', function: { name: 'weather', description: 'Now' } }],
      messages: [
        { role: 'system', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'https://x/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '21 °C' },
      ],
    });
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
    expect(turns[1]?.parts[1]).toEqual({ kind: 'image', url: 'https://x/a.png' });
    expect(turns[2]?.parts).toEqual([
      { kind: 'reasoning', text: 'hm' },
      { kind: 'call', id: 'c1', name: 'weather', input: '{\n  "city": "Rome"\n}', result: '21 °C' },
    ]);
    expect(tools).toEqual([{ name: 'weather', description: 'Now' }]);
    expect(parameters).toEqual([
      ['model', 'm'],
      ['temperature', 0.2],
    ]);
  });
  it('of Claude: system, blocks, tool results', () => {
    const { turns } = readRequest({
      system: [{ type: 'text', text: 'Be kind.' }],
      messages: [
        { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'done' }] }],
        },
      ],
    });
    expect(turns[0]).toEqual({ role: 'system', parts: [{ kind: 'text', text: 'Be kind.' }] });
    expect(turns[1]?.parts).toEqual([{ kind: 'image', url: `data:image/png;base64,${png}` }]);
    expect(turns[2]?.parts[0]).toMatchObject({ kind: 'call', name: 'f', result: 'done' });
    expect(turns).toHaveLength(3);
  });
  it('of Gemini: contents, inline data, functions', () => {
    const { turns, tools } = readRequest({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'hi' }, { inlineData: { mimeType: 'image/png', data: png } }] },
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { ok: true } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
    });
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
    expect(turns[2]?.parts[0]).toMatchObject({ name: 'f', result: '{\n  "ok": true\n}' });
    expect(tools.map(({ name }) => name)).toEqual(['f']);
  });
  it('of Ollama and of Responses', () => {
    expect(readRequest({ messages: [{ role: 'user', content: 'a', images: [png] }] }).turns[0]?.parts[1]).toEqual({
      kind: 'image',
      url: `data:image/png;base64,${png}`,
    });
    const { turns } = readRequest({
      instructions: 'Short.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'ok' },
      ],
    });
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
    expect(turns[2]?.parts[0]).toMatchObject({ kind: 'call', result: 'ok' });
    expect(readRequest({ input: 'hi' }).turns).toEqual([{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }]);
  });
  it('of /invoke and /route/invoke', () => {
    const { turns, parameters } = readRequest({
      query: { tags: ['a'] },
      request: { prompt: 'hi', parameters: { n: 1 } },
    });
    expect(turns[0]?.parts).toEqual([{ kind: 'text', text: 'hi' }]);
    expect(parameters).toEqual([
      ['query', { tags: ['a'] }],
      ['n', 1],
    ]);
  });
  it('that is none', () => expect(readRequest(undefined).turns).toEqual([]));
});

describe('an answer', () => {
  const said = (text: string) => readAnswer(text).map(({ parts }) => parts);

  it('of OpenAI, whole and streamed', () => {
    expect(said(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }] }))).toEqual([
      [{ kind: 'text', text: 'hi' }],
    ]);
    const chunk = (delta: object) => ({ choices: [{ index: 0, delta }] });
    expect(
      said(
        stream(
          chunk({ reasoning_content: 'a' }),
          chunk({ reasoning_content: 'b' }),
          chunk({ content: 'c' }),
          chunk({ content: 'd' }),
          chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: '{"a"' } }] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
        ),
      ),
    ).toEqual([
      [
        { kind: 'reasoning', text: 'ab' },
        { kind: 'text', text: 'cd' },
        { kind: 'call', id: 'x', name: 'f', input: '{\n  "a": 1\n}' },
      ],
    ]);
  });
  it('with several choices', () =>
    expect(
      said(
        JSON.stringify({
          choices: [
            { index: 0, message: { content: 'a' } },
            { index: 1, message: { content: 'b' } },
          ],
        }),
      ),
    ).toHaveLength(2));
  it('of Claude, whole and streamed', () => {
    expect(
      said(
        JSON.stringify({
          type: 'message',
          content: [
            { type: 'thinking', thinking: 'x' },
            { type: 'text', text: 'y' },
          ],
        }),
      ),
    ).toEqual([
      [
        { kind: 'reasoning', text: 'x' },
        { kind: 'text', text: 'y' },
      ],
    ]);
    expect(
      said(
        stream(
          { type: 'message_start', message: { content: [] } },
          { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
          { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
          { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
        ),
      ),
    ).toEqual([
      [
        { kind: 'text', text: 'hi' },
        { kind: 'call', id: 't', name: 'f', input: '{\n  "a": 1\n}' },
      ],
    ]);
  });
  it('of Gemini and of Ollama, streamed', () => {
    const gemini = (text: string, thought?: boolean) => ({ candidates: [{ content: { parts: [{ text, thought }] } }] });
    expect(said(stream(gemini('t', true), gemini('a'), gemini('b')))).toEqual([
      [
        { kind: 'reasoning', text: 't' },
        { kind: 'text', text: 'ab' },
      ],
    ]);
    expect(
      said(
        lines(
          { message: { role: 'assistant', content: 'a' }, done: false },
          {
            message: {
              role: 'assistant',
              content: 'b',
              tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }],
            },
          },
        ),
      )[0]?.map(({ kind }) => kind),
    ).toEqual(['text', 'call']);
    expect(said(lines({ response: 'x' }, { response: 'y' }))).toEqual([[{ kind: 'text', text: 'xy' }]]);
  });
  it('of Responses: the whole one at the end counts', () => {
    const output = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'r' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'whole' }] },
    ];
    const delta = { type: 'response.output_text.delta', delta: 'wh' };
    expect(said(stream(delta))).toEqual([[{ kind: 'text', text: 'wh' }]]);
    expect(said(stream(delta, { type: 'response.completed', response: { output } }))).toEqual([
      [
        { kind: 'reasoning', text: 'r' },
        { kind: 'text', text: 'whole' },
      ],
    ]);
  });
  it('of /invoke, of text, and of nothing', () => {
    expect(said(JSON.stringify({ output_text: 'a', reasoning: 'r' }))[0]).toHaveLength(2);
    expect(said('no JSON')).toEqual([]);
    expect(said('')).toEqual([]);
  });
});
