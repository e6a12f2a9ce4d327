// Ollama's SDK, with models behind each API: it parses each line, and raises on one that is an error.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { chunk } from './support/answers.js';
import { OTHERS } from './support/config.js';
import { failure, stream, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'go on' }] };
const TOOLS = ['weather', 'time'].map((name) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));

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
  chunk({}, null, { choices: [], usage: { prompt_tokens: 21, completion_tokens: 13, total_tokens: 34 } }),
];

/** The lines of a stream, put together. */
async function accumulated(parts) {
  const turn = { thinking: '', content: '', calls: [], last: undefined };
  for await (const part of parts) {
    assert.ok(!turn.last?.done, 'a line after the end');
    turn.thinking += part.message?.thinking ?? part.thinking ?? '';
    turn.content += part.message?.content ?? part.response;
    turn.calls.push(...(part.message?.tool_calls ?? []));
    turn.last = part;
  }
  assert.ok(turn.last.done);
  return turn;
}

describe("Ollama's SDK", LIMITS, () => {
  let stage;
  let client;
  before(async () => {
    stage = await openStage(OTHERS);
    client = stage.ollama();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('a chat model streams a turn with thinking and calls, and is given it back', async () => {
    stage.upstream.willAnswer(stream(CHAT_TURN));
    const turn = await accumulated(await client.chat({ ...ASK, tools: TOOLS, think: true, stream: true }));
    assert.deepEqual([turn.thinking, turn.content], ['Look it up.', 'One moment.']);
    assert.deepEqual(
      turn.calls.map((it) => [it.function.name, it.function.arguments]),
      [['weather', { city: 'Zürich' }], ['time', {}]],
    );
    assert.deepEqual([turn.last.prompt_eval_count, turn.last.eval_count, turn.last.done_reason], [21, 13, 'stop']);
    assert.ok(turn.last.total_duration > 0);

    stage.upstream.forget();
    stage.upstream.willAnswer(stream([chunk({ role: 'assistant', content: 'Sunny.' }), chunk({}, 'stop')]));
    const results = ['weather', 'time'].map((name) => ({ role: 'tool', tool_name: name, content: 'fine' }));
    const said = { role: 'assistant', content: turn.content, thinking: turn.thinking, tool_calls: turn.calls };
    const last = await accumulated(
      await client.chat({ ...ASK, tools: TOOLS, stream: true, messages: [...ASK.messages, said, ...results] }),
    );
    assert.equal(last.content, 'Sunny.');
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual(sent.messages.map((it) => it.role), ['user', 'assistant', 'tool', 'tool']);
    assert.deepEqual(sent.messages.slice(2).map((it) => it.tool_call_id), ['call_1', 'call_2']);
  });

  test('answers are whole where they are not streamed', async () => {
    const answer = { id: 'c', object: 'chat.completion', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: '{"a":1}' }, finish_reason: 'length' }] };
    stage.upstream.willAnswer(whole(answer));
    const format = { type: 'object', properties: { a: { type: 'integer' } } };
    const chatted = await client.chat({ ...ASK, format, options: { temperature: 0, num_predict: 9 } });
    assert.deepEqual([chatted.message.content, chatted.done_reason], ['{"a":1}', 'length']);
    const sent = JSON.parse(stage.upstream.takeRequest().text);
    assert.deepEqual([sent.max_tokens, sent.response_format.json_schema.schema], [9, format]);

    stage.upstream.willAnswer(whole(answer));
    const generated = await client.generate({ model: ASK.model, prompt: 'why?', system: 'Be short.' });
    assert.deepEqual([generated.response, generated.context], ['{"a":1}', []]);
  });

  test('the demo model answers both, whole and streamed', async () => {
    const model = 'demo/echo';
    const chatted = await client.chat({ ...ASK, model });
    assert.equal(chatted.message.content, 'go on');
    const generated = await accumulated(await client.generate({ model, prompt: 'go on', stream: true }));
    assert.equal(generated.content, 'go on');
  });

  test('a provider of the same API is passed on to', async () => {
    const line = (message, rest) => `${JSON.stringify({ model: 'o', created_at: '2026-11-23T10:00:00Z', message: { role: 'assistant', ...message }, done: false, ...rest })}\n`;
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(line({ content: 'Hel' }) + line({ content: 'lo' }) + line({ content: '' }, { done: true, done_reason: 'stop', prompt_eval_count: 9, eval_count: 5 }));
    });
    const turn = await accumulated(await client.chat({ ...ASK, model: 'ollama/scripted', stream: true }));
    assert.deepEqual([turn.content, turn.last.eval_count], ['Hello', 5]);
  });

  test('errors and broken streams raise', async () => {
    await assert.rejects(client.chat({ ...ASK, model: 'nothing' }), (error) => error.status_code === 404 && error.message.includes('nothing'));
    stage.upstream.willAnswer(failure(429, 'slow down'));
    await assert.rejects(client.chat(ASK), (error) => error.status_code === 429);
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(chunk({ role: 'assistant', content: 'half' }))}\n\n`, () => response.destroy());
    });
    await assert.rejects(client.chat({ ...ASK, stream: true }).then(accumulated));
    await assert.rejects(client.pull({ model: 'llama3' }), (error) => error.message.includes('router.toml'));
  });

  test('texts are embedded by models of each API', async () => {
    for (const [model, reply] of [
      ['up/scripted', { object: 'list', data: [{ index: 1, embedding: [0.5, 2] }, { index: 0, embedding: [1, -2.5] }], usage: { prompt_tokens: 7, total_tokens: 7 } }],
      ['gemini/scripted', { embeddings: [{ values: [1, -2.5] }, { values: [0.5, 2] }], usageMetadata: { promptTokenCount: 7 } }],
      ['ollama/scripted', { model: 'o', embeddings: [[1, -2.5], [0.5, 2]], prompt_eval_count: 7 }],
    ]) {
      stage.upstream.willAnswer(whole(reply));
      const told = await client.embed({ model, input: ['one', 'two'], dimensions: 2, truncate: true });
      assert.deepEqual([told.embeddings, told.prompt_eval_count], [[[1, -2.5], [0.5, 2]], 7], model);
    }
    stage.upstream.willAnswer(whole({ data: [{ index: 0, embedding: [1, -2.5] }] }));
    const { embedding } = await client.embeddings({ model: 'up/scripted', prompt: 'one' });
    assert.deepEqual(embedding, [1, -2.5]);
    await assert.rejects(client.embed({ model: 'nothing', input: 'a' }), (error) => error.status_code === 404 && error.message.includes('nothing'));
    await assert.rejects(client.embed({ model: 'up/scripted', input: [5] }), (error) => error.message.includes('`input`'));
  });

  test('models are listed and shown', async () => {
    const { models } = await client.list();
    assert.ok(models.some((model) => model.name === 'up/org/model'), JSON.stringify(models));
    const shown = await client.show({ model: 'up/scripted' });
    assert.ok(shown.capabilities.includes('tools') && shown.model_info['general.architecture']);
    assert.deepEqual((await client.ps()).models, []);
    assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
  });
});
