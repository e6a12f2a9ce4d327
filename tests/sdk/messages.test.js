// Anthropic's SDK, with models behind each API: its helper of streams is a strict judge of their events.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import Anthropic from '@anthropic-ai/sdk';

import { chunk } from './support/answers.js';
import { OTHERS } from './support/config.js';
import { failure, stream, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { SEARCHES, STREAMS } from './support/streams.js';

const ASK = { model: 'up/scripted', max_tokens: 100, messages: [{ role: 'user', content: 'go on' }] };
const TOOLS = [
  { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
  { name: 'time', input_schema: { type: 'object' } },
];

const call = (index, rest) => ({ tool_calls: [{ index, ...rest }] });

/** Thinking, words and two calls that interleave, as a chat streams them. */
const CHAT_TURN = [
  chunk({ role: 'assistant', reasoning_content: 'Look it up.' }),
  chunk({ content: 'One ' }),
  chunk({ content: 'moment.' }),
  chunk(call(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":' } })),
  chunk(call(1, { id: 'call_2', type: 'function', function: { name: 'time', arguments: '' } })),
  chunk(call(0, { function: { arguments: '"Zürich"}' } })),
  chunk({}, 'tool_calls'),
  chunk({}, null, { choices: [], usage: { prompt_tokens: 21, completion_tokens: 13, total_tokens: 34, prompt_tokens_details: { cached_tokens: 8 } } }),
];

describe("Anthropic's SDK", LIMITS, () => {
  let stage;
  let client;
  before(async () => {
    stage = await openStage(OTHERS);
    client = stage.anthropicWith({});
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('a chat model streams a turn with thinking and calls, and is given it back', async () => {
    stage.upstream.willAnswer(stream(CHAT_TURN));
    const message = await client.messages.stream({ ...ASK, tools: TOOLS }).finalMessage();
    const [thinking, text, weather, time] = message.content;
    assert.deepEqual([thinking.type, thinking.thinking], ['thinking', 'Look it up.']);
    assert.equal(text.text, 'One moment.');
    assert.deepEqual([weather.id, weather.name, weather.input], ['call_1', 'weather', { city: 'Zürich' }]);
    assert.deepEqual([time.id, time.name, time.input], ['call_2', 'time', {}]);
    assert.equal(message.stop_reason, 'tool_use');
    const { input_tokens, cache_read_input_tokens, output_tokens } = message.usage;
    assert.deepEqual([input_tokens, cache_read_input_tokens, output_tokens], [13, 8, 13]);

    stage.upstream.forget();
    stage.upstream.willAnswer(stream([chunk({ role: 'assistant', content: 'Sunny.' }), chunk({}, 'stop')]));
    const results = ['call_1', 'call_2'].map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'fine' }));
    const messages = [...ASK.messages, { role: 'assistant', content: message.content }, { role: 'user', content: results }];
    const last = await client.messages.stream({ ...ASK, tools: TOOLS, messages }).finalMessage();
    assert.deepEqual(last.content, [{ type: 'text', text: 'Sunny.' }]);
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.messages.map((it) => it.role), ['user', 'assistant', 'tool', 'tool']);
    assert.equal(JSON.stringify(sent).includes('signature'), false);
  });

  for (const [kind, reply] of Object.entries(STREAMS)) {
    test(`a stream of ${kind} is a message`, async () => {
      stage.upstream.willAnswer(reply);
      const message = await client.messages.stream({ ...ASK, model: `${kind}/scripted` }).finalMessage();
      assert.deepEqual(message.content.map((it) => [it.type, it.text]), [['text', 'Hello']]);
      assert.deepEqual([message.stop_reason, message.usage.output_tokens], ['end_turn', 5]);
    });
  }

  test('a search that Gemini ran is blocks with what the text cites', async () => {
    stage.upstream.willAnswer(SEARCHES.gemini);
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }];
    const message = await client.messages.stream({ ...ASK, model: 'gemini/scripted', tools }).finalMessage();
    const [text, use, result] = message.content;
    assert.deepEqual([text.text, text.citations.map((it) => it.url)], ['It rains.', ['https://w.example/ulm']]);
    assert.deepEqual([use.type, use.name, use.input], ['server_tool_use', 'web_search', { query: 'weather ulm' }]);
    assert.deepEqual([result.tool_use_id, result.content[0].title], [use.id, 'Weather']);
    assert.equal(message.usage.server_tool_use.web_search_requests, 1);
  });

  test('the demo model answers whole and streamed', async () => {
    const ask = { ...ASK, model: 'demo/echo' };
    const message = await client.messages.create(ask);
    assert.deepEqual(message.content, [{ type: 'text', text: 'go on' }]);
    assert.ok(message._request_id ?? message.id);
    const streamed = await client.messages.stream(ask).finalMessage();
    assert.deepEqual(streamed.content.map((it) => it.text), ['go on']);
  });

  test('errors are of the class that the SDK has for them', async () => {
    await assert.rejects(client.messages.create({ ...ASK, model: 'nothing' }), Anthropic.NotFoundError);
    stage.upstream.willAnswer(failure(429, 'slow down'));
    await assert.rejects(client.messages.create(ASK), Anthropic.RateLimitError);
    stage.upstream.willAnswer(failure(400, "This model's maximum context length is 8192 tokens, you asked for 9000 tokens"));
    await assert.rejects(client.messages.create(ASK), (error) => {
      assert.ok(error instanceof Anthropic.BadRequestError);
      return error.error.error.message === 'prompt is too long: 9000 tokens > 8192 maximum';
    });
  });

  test('a stream that breaks raises', async () => {
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ role: 'assistant', content: 'half' }))}\n\n`, () => response.destroy());
    });
    await assert.rejects(client.messages.stream(ASK).finalMessage(), Anthropic.APIError);
  });

  test('tokens are counted and models are listed', async () => {
    const { input_tokens: counted } = await client.messages.countTokens({ model: ASK.model, messages: ASK.messages, tools: TOOLS });
    assert.ok(counted > 20, `${counted}`);
    const ids = [];
    for await (const model of client.models.list({ limit: 2 })) ids.push(model.id);
    assert.ok(ids.length > 4 && ids.includes('up/org/model'), `${ids}`);
  });

  test('a whole answer is a message', async () => {
    const answer = { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'length' }] };
    stage.upstream.willAnswer(whole(answer));
    const message = await client.messages.create(ASK);
    assert.deepEqual([message.content, message.stop_reason], [[{ type: 'text', text: 'Fine.' }], 'max_tokens']);
    assert.ok(message.usage.input_tokens > 0);
  });
});
