// What the upstream is asked is what the client asked, with the model's name and the key exchanged.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { PLAIN_ANSWER } from './support/answers.js';
import { REMOTE_NAME, UPSTREAM_KEY } from './support/config.js';
import { whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

const EVERYTHING = {
  model: 'up/scripted',
  messages: [
    { role: 'developer', content: 'Answer in one word.' },
    { role: 'user', content: [{ type: 'text', text: 'Grüezi 👋, weather?' }], name: 'ada' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'rain' },
  ],
  tools: [WEATHER],
  tool_choice: { type: 'function', function: { name: 'weather' } },
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
  n: 2,
  seed: 7,
  logprobs: true,
  top_logprobs: 3,
  logit_bias: { 50256: -100 },
  stop: ['\n', 'END'],
  temperature: 0.3,
  max_completion_tokens: 50,
  metadata: { order: '66' },
  user: 'ada',
  x_unknown: { a: 1.5, list: [null, true] },
};

const HELLO = { messages: [{ role: 'user', content: 'hi' }] };

describe('requests', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('the upstream sees every field of the request, with only the model\'s name changed', async () => {
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    await stage.client.chat.completions.create(EVERYTHING);
    const { method, path, text } = stage.upstream.takeRequest();
    assert.equal(`${method} ${path}`, 'POST /v1/chat/completions');
    assert.deepEqual(JSON.parse(text), { ...EVERYTHING, model: REMOTE_NAME });
  });

  test('the text of the request stays as it was, down to the digits of its numbers', async () => {
    const text = `{ "x_unknown" : {"a": 1.0, "b": 18446744073709551616},
      "messages":[{"role":"user","content":"\\u00e9 and é"}], "temperature":1.0, "model" : "up/scripted" }`;
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    const headers = { 'content-type': 'application/json' };
    await stage.client.post('/chat/completions', { body: text, headers });
    assert.equal(stage.upstream.takeRequest().text, text.replace('up/scripted', REMOTE_NAME));
  });

  test('the upstream gets the provider\'s key and nothing of the client\'s', async () => {
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    await stage.client.chat.completions.create(EVERYTHING);
    const { headers } = stage.upstream.takeRequest();
    assert.equal(headers.authorization, `Bearer ${UPSTREAM_KEY}`);
    assert.doesNotMatch(JSON.stringify(headers), /dummy/);
  });

  test('a model whose name holds a slash is called by its whole name', async () => {
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    await stage.client.chat.completions.create({ ...HELLO, model: 'up/org/model' });
    assert.equal(JSON.parse(stage.upstream.takeRequest().text).model, 'org/model');
  });

  test('the path of a model as base URL calls that model, whatever the program names', async () => {
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    const bound = stage.clientWith({ baseURL: `${stage.router.url}/models/up/org/model/v1` });
    await bound.chat.completions.create({ ...HELLO, model: 'gpt-of-old' });
    assert.equal(JSON.parse(stage.upstream.takeRequest().text).model, 'org/model');
  });

  test('the same API answers under /api', async () => {
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    const client = stage.clientWith({ baseURL: `${stage.router.url}/api/v1` });
    assert.deepEqual(await client.chat.completions.create({ ...HELLO, model: 'up/scripted' }), PLAIN_ANSWER);
  });
});
