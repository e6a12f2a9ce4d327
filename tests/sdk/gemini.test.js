// Google's SDK, with models behind each API: it takes nothing but data in a stream, and any end for a good one.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { ApiError, FunctionCallingConfigMode } from '@google/genai';

import { chunk } from './support/answers.js';
import { OTHERS } from './support/config.js';
import { failure, stream, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { STREAMS } from './support/streams.js';

const ASK = { model: 'up/scripted', contents: 'go on' };
const TOOLS = [{
  functionDeclarations: [
    { name: 'weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } },
    { name: 'time', parametersJsonSchema: { type: 'object' } },
  ],
}];

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

/** All parts of a stream, and its last frame. */
async function drained(frames) {
  const parts = [];
  let last;
  for await (const frame of frames) {
    parts.push(...(frame.candidates?.[0]?.content?.parts ?? []));
    last = frame;
  }
  return { parts: parts.filter((part) => part.text !== ''), last };
}

describe("Google's SDK", LIMITS, () => {
  let stage;
  let client;
  before(async () => {
    stage = await openStage(OTHERS);
    client = stage.googleWith({});
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('a chat model streams a turn with thinking and calls, and is given it back', async () => {
    stage.upstream.willAnswer(stream(CHAT_TURN));
    const config = { tools: TOOLS, thinkingConfig: { includeThoughts: true } };
    const { parts, last } = await drained(await client.models.generateContentStream({ ...ASK, config }));
    const [thought, one, moment, weather, time] = parts;
    assert.deepEqual([thought.text, thought.thought], ['Look it up.', true]);
    assert.equal(one.text + moment.text, 'One moment.');
    assert.deepEqual(weather.functionCall, { id: 'call_1', name: 'weather', args: { city: 'Zürich' } });
    assert.deepEqual(time.functionCall, { id: 'call_2', name: 'time', args: {} });
    assert.equal(last.candidates[0].finishReason, 'STOP');
    const { promptTokenCount, cachedContentTokenCount, totalTokenCount } = last.usageMetadata;
    assert.deepEqual([promptTokenCount, cachedContentTokenCount, totalTokenCount], [21, 8, 34]);

    stage.upstream.forget();
    stage.upstream.willAnswer(stream([chunk({ role: 'assistant', content: 'Sunny.' }), chunk({}, 'stop')]));
    const results = ['weather', 'time'].map((name) => ({ functionResponse: { name, response: { output: 'fine' } } }));
    const contents = [{ role: 'user', parts: [{ text: 'go on' }] }, { role: 'model', parts }, { role: 'user', parts: results }];
    const next = await drained(await client.models.generateContentStream({ ...ASK, contents, config }));
    assert.deepEqual(next.parts.map((part) => part.text), ['Sunny.']);
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.messages.map((it) => it.role), ['user', 'assistant', 'tool', 'tool']);
    assert.deepEqual(sent.messages.slice(2).map((it) => it.tool_call_id), ['call_1', 'call_2']);
    assert.equal(JSON.stringify(sent).includes('ignature'), false);
  });

  test('a chat keeps its history of streams', async () => {
    const chat = client.chats.create({ model: ASK.model });
    stage.upstream.willAnswer(stream([chunk({ role: 'assistant', content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop')]));
    await drained(await chat.sendMessageStream({ message: 'hi' }));
    stage.upstream.forget();
    stage.upstream.willAnswer(whole({ id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'Bye.' }, finish_reason: 'stop' }] }));
    assert.equal((await chat.sendMessage({ message: 'bye' })).text, 'Bye.');
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.messages.map((it) => it.role), ['user', 'assistant', 'user']);
    assert.equal(sent.messages[1].content, 'Hello');
  });

  test('a choice of a tool and a schema reach the upstream', async () => {
    stage.upstream.willAnswer(whole({ id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: '{}' }, finish_reason: 'length' }] }));
    const answer = await client.models.generateContent({
      ...ASK,
      config: {
        tools: TOOLS, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['time'] } },
        responseMimeType: 'application/json', responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER' } } },
        systemInstruction: 'Be short.', maxOutputTokens: 9,
      },
    });
    assert.deepEqual([answer.text, answer.candidates[0].finishReason, answer.usageMetadata], ['{}', 'MAX_TOKENS', undefined]);
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.tool_choice, { type: 'function', function: { name: 'time' } });
    assert.deepEqual(sent.response_format.json_schema.schema, { type: 'object', properties: { n: { type: 'integer' } } });
    assert.deepEqual([sent.max_tokens, sent.messages[0]], [9, { role: 'system', content: 'Be short.' }]);
  });

  for (const [kind, reply] of Object.entries(STREAMS)) {
    test(`a stream of ${kind} is one of frames`, async () => {
      stage.upstream.willAnswer(reply);
      const { parts, last } = await drained(await client.models.generateContentStream({ ...ASK, model: `${kind}/scripted` }));
      assert.deepEqual(parts, [{ text: 'Hello' }]);
      assert.deepEqual([last.candidates[0].finishReason, last.usageMetadata.candidatesTokenCount], ['STOP', 5]);
    });
  }

  test('the demo model answers whole and streamed, under both versions', async () => {
    for (const apiVersion of ['v1', 'v1beta']) {
      const client = stage.googleWith({ apiVersion });
      const ask = { ...ASK, model: 'demo/echo' };
      assert.equal((await client.models.generateContent(ask)).text, 'go on');
      const { parts } = await drained(await client.models.generateContentStream(ask));
      assert.equal(parts.map((part) => part.text).join(''), 'go on');
    }
  });

  test('errors are those that the SDK has for them', async () => {
    const refused = (status, kind) => (error) =>
      error instanceof ApiError && error.status === status && error.message.includes(`"status":"${kind}"`);
    await assert.rejects(client.models.generateContent({ ...ASK, model: 'nothing' }), refused(404, 'NOT_FOUND'));
    stage.upstream.willAnswer(failure(429, 'slow down'));
    await assert.rejects(client.models.generateContent(ASK), refused(429, 'RESOURCE_EXHAUSTED'));
    await assert.rejects(client.files.list(), refused(404, 'NOT_FOUND'));
  });

  test('a stream that breaks raises', async () => {
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ role: 'assistant', content: 'half' }))}\n\n`, () => response.destroy());
    });
    await assert.rejects(async () => drained(await client.models.generateContentStream(ASK)), ApiError);
  });

  test('texts are embedded by models of each API', async () => {
    for (const [model, reply] of [
      ['up/scripted', { object: 'list', data: [{ index: 0, embedding: [1, -2.5] }, { index: 1, embedding: [0.5, 2] }] }],
      ['gemini/scripted', { embeddings: [{ values: [1, -2.5] }, { values: [0.5, 2] }] }],
      ['ollama/scripted', { embeddings: [[1, -2.5], [0.5, 2]] }],
    ]) {
      stage.upstream.willAnswer(whole(reply));
      const { embeddings } = await client.models.embedContent({ model, contents: ['one', 'two'], config: { outputDimensionality: 2 } });
      assert.deepEqual(embeddings.map((it) => it.values), [[1, -2.5], [0.5, 2]], model);
    }
    await assert.rejects(client.models.embedContent({ model: 'nothing', contents: 'a' }), (error) => error instanceof ApiError && error.status === 404);
  });

  test('tokens are counted and models are listed', async () => {
    const { totalTokens } = await client.models.countTokens({ model: ASK.model, contents: 'go on with a few words' });
    assert.ok(totalTokens > 5, `${totalTokens}`);
    const names = [];
    for await (const model of await client.models.list({ config: { pageSize: 2 } })) names.push(model.name);
    assert.ok(names.length > 4 && names.includes('models/up/org/model'), `${names}`);
    const model = await client.models.get({ model: 'up/org/model' });
    assert.ok(model.name.endsWith('up/org/model'), model.name);
  });
});
