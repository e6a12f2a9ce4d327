// OpenAI's SDK on `/v1/responses`, with models behind each API: its helper of streams fails on an event
// out of order.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import OpenAI from 'openai';

import { chunk } from './support/answers.js';
import { OTHERS } from './support/config.js';
import { failure, stream, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { SEARCHES, STREAMS } from './support/streams.js';

const ASK = { model: 'up/scripted', input: 'go on', store: false };
const TOOLS = [
  { type: 'function', name: 'weather', strict: false, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  { type: 'custom', name: 'exec', description: 'Runs a line.' },
];

const call = (index, rest) => ({ tool_calls: [{ index, ...rest }] });

/** Reasoning, words and two calls that interleave, as a chat streams them. */
const CHAT_TURN = [
  chunk({ role: 'assistant', reasoning_content: 'Look it up.' }),
  chunk({ content: 'One ' }),
  chunk({ content: 'moment.' }),
  chunk(call(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":' } })),
  chunk(call(1, { id: 'call_2', type: 'function', function: { name: 'exec', arguments: '{"input":"ls' } })),
  chunk(call(0, { function: { arguments: '"Zürich"}' } })),
  chunk(call(1, { function: { arguments: ' -l"}' } })),
  chunk({}, 'tool_calls'),
  chunk({}, null, { choices: [], usage: { prompt_tokens: 21, completion_tokens: 13, total_tokens: 34, prompt_tokens_details: { cached_tokens: 8 } } }),
];

describe("OpenAI's SDK on responses", LIMITS, () => {
  let stage;
  let client;
  before(async () => {
    stage = await openStage(OTHERS);
    client = stage.client;
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('a chat model streams a turn with reasoning and calls, and is given it back', async () => {
    stage.upstream.willAnswer(stream(CHAT_TURN));
    const ask = { ...ASK, tools: TOOLS, include: ['reasoning.encrypted_content'] };
    const response = await client.responses.stream(ask).finalResponse();
    const [reasoning, message, weather, exec] = response.output;
    assert.equal(reasoning.summary[0].text, 'Look it up.');
    assert.equal(message.content[0].text, 'One moment.');
    assert.deepEqual([weather.type, weather.call_id, weather.name, weather.arguments], ['function_call', 'call_1', 'weather', '{"city":"Zürich"}']);
    assert.deepEqual([exec.type, exec.call_id, exec.name, exec.input], ['custom_tool_call', 'call_2', 'exec', 'ls -l']);
    assert.equal(response.status, 'completed');
    const { input_tokens, input_tokens_details, output_tokens } = response.usage;
    assert.deepEqual([input_tokens, input_tokens_details.cached_tokens, output_tokens], [21, 8, 13]);

    stage.upstream.forget();
    stage.upstream.willAnswer(stream([chunk({ role: 'assistant', content: 'Sunny.' }), chunk({}, 'stop')]));
    const results = [
      { type: 'function_call_output', call_id: 'call_1', output: 'fine' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'a.txt' },
    ];
    const input = [{ role: 'user', content: 'go on' }, ...response.output, ...results];
    const last = await client.responses.stream({ ...ask, input }).finalResponse();
    assert.equal(last.output_text, 'Sunny.');
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.messages.map((it) => it.role), ['user', 'assistant', 'tool', 'tool']);
    assert.equal(sent.messages[1].tool_calls[1].function.arguments, '{"input":"ls -l"}');
  });

  for (const [kind, reply] of Object.entries(STREAMS)) {
    test(`a stream of ${kind} is a response`, async () => {
      stage.upstream.willAnswer(reply);
      const response = await client.responses.stream({ ...ASK, model: `${kind}/scripted` }).finalResponse();
      assert.equal(response.output_text, 'Hello');
      assert.deepEqual([response.status, response.usage.output_tokens], ['completed', 5]);
    });
  }

  test('a search that Claude ran is an item, and what the text cites its annotations', async () => {
    stage.upstream.willAnswer(SEARCHES.claude);
    const ask = { ...ASK, model: 'claude/scripted', tools: [{ type: 'web_search' }] };
    const { output } = await client.responses.stream(ask).finalResponse();
    const [search, message] = output;
    assert.deepEqual([search.type, search.status, search.action.queries], ['web_search_call', 'completed', ['weather ulm']]);
    const [{ text, annotations }] = message.content;
    assert.equal(text, 'It rains.');
    assert.deepEqual(annotations.map((it) => [it.type, it.url, it.start_index, it.end_index]), [['url_citation', 'https://w.example/ulm', 0, 9]]);
  });

  test('the demo model answers whole, parsed and streamed', async () => {
    const ask = { ...ASK, model: 'demo/echo' };
    assert.equal((await client.responses.create(ask)).output_text, 'go on');
    assert.equal((await client.responses.parse(ask)).output_text, 'go on');
    const types = [];
    for await (const event of await client.responses.create({ ...ask, stream: true })) types.push(event.type);
    assert.deepEqual([types[0], types.at(-1)], ['response.created', 'response.completed']);
    assert.equal((await client.responses.stream(ask).finalResponse()).output_text, 'go on');
  });

  test('a response is kept, gone on from, shown and deleted', async () => {
    const ask = { model: 'demo/echo', store: true };
    const first = await client.responses.create({ ...ask, input: 'one' });
    const second = await client.responses.stream({ ...ask, input: 'two', previous_response_id: first.id }).finalResponse();
    assert.equal(second.previous_response_id, first.id);
    assert.equal((await client.responses.retrieve(second.id)).output_text, second.output_text);
    const items = [];
    for await (const item of client.responses.inputItems.list(second.id)) items.push(item);
    assert.deepEqual(items.map((it) => it.content[0].text), ['two']);
    await client.responses.delete(second.id);
    await assert.rejects(client.responses.retrieve(second.id), OpenAI.NotFoundError);
    await assert.rejects(client.responses.create({ ...ask, input: 'three', previous_response_id: second.id }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      return error.code === 'previous_response_not_found';
    });
    const { input_tokens: counted } = await client.responses.inputTokens.count({ model: ASK.model, input: 'go on' });
    assert.ok(counted > 0, `${counted}`);
    const compacted = await client.responses.compact({ model: 'demo/echo', input: 'go on' });
    assert.deepEqual(compacted.output.map((it) => it.type), ['compaction']);
  });

  test('errors are of the class that the SDK has for them', async () => {
    await assert.rejects(client.responses.create({ ...ASK, model: 'nothing' }), OpenAI.NotFoundError);
    stage.upstream.willAnswer(failure(429, 'slow down'));
    await assert.rejects(client.responses.create(ASK), OpenAI.RateLimitError);
    await assert.rejects(client.responses.create({ ...ASK, background: true }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      return error.param === 'background';
    });
  });

  test('a stream that breaks ends with a failed response', async () => {
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ role: 'assistant', content: 'half' }))}\n\n`, () => response.destroy());
    });
    const events = [];
    for await (const event of await client.responses.create({ ...ASK, stream: true })) events.push(event);
    const last = events.at(-1);
    assert.deepEqual([last.type, last.response.status, last.response.error.code], ['response.failed', 'failed', 'server_error']);
  });

  test('a whole answer that was cut off is incomplete', async () => {
    const answer = { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'length' }] };
    stage.upstream.willAnswer(whole(answer));
    const response = await client.responses.create(ASK);
    assert.deepEqual([response.output_text, response.status, response.incomplete_details.reason], ['Fine.', 'incomplete', 'max_output_tokens']);
    assert.ok(response.usage.input_tokens > 0);
  });
});
