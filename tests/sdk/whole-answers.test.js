// Answers as a whole come back as the upstream wrote them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { PLAIN_ANSWER, RICH_ANSWER } from './support/answers.js';
import { whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

describe('whole answers', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('the demo model answers with what was said', async () => {
    const completion = await stage.client.chat.completions.create({
      model: 'demo/echo',
      messages: [{ role: 'user', content: 'a ferry at six' }],
    });
    const [choice] = completion.choices;
    assert.equal(choice.message.content, 'a ferry at six');
    assert.equal(choice.message.role, 'assistant');
    assert.equal(choice.finish_reason, 'stop');
    assert.equal(completion.object, 'chat.completion');
    assert.match(completion.id, /^chatcmpl-/);
    assert.ok(Math.abs(completion.created - Date.now() / 1000) < 60, 'created is not now, in seconds');
    assert.deepEqual(completion.usage, { prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 });
  });

  test('tool calls, logprobs, a refusal, two choices and unknown fields come back as they were sent', async () => {
    stage.upstream.willAnswer(whole(RICH_ANSWER));
    const completion = await stage.client.chat.completions.create({
      model: 'up/scripted',
      n: 2,
      logprobs: true,
      messages: [{ role: 'user', content: 'weather?' }],
    });
    assert.deepEqual(completion, RICH_ANSWER);
  });

  test('the answer is the upstream\'s byte for byte, down to the digits of its numbers', async () => {
    const oddities = '{ "x_score" : 1.50, "x_big":18446744073709551616,\n ';
    const text = JSON.stringify(PLAIN_ANSWER).replace('{', oddities);
    stage.upstream.willAnswer(whole(text));
    const response = await stage.client.chat.completions
      .create({ model: 'up/scripted', messages: [{ role: 'user', content: 'hi' }] })
      .asResponse();
    assert.equal(await response.text(), text);
  });

  test('an answer carries a request id, the caller\'s own where it sent one', async () => {
    const ask = { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] };
    const first = await stage.client.chat.completions.create(ask);
    const second = await stage.client.chat.completions.create(ask);
    assert.ok(first._request_id);
    assert.notEqual(first._request_id, second._request_id);
    const headers = { 'x-request-id': 'ticket-4711' };
    const own = await stage.client.chat.completions.create(ask, { headers });
    assert.equal(own._request_id, 'ticket-4711');
  });

  test('a local caller may send any key and is told that it did not matter', async () => {
    const { response } = await stage.client.chat.completions
      .create({ model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] })
      .withResponse();
    assert.equal(response.headers.get('x-llm-router-auth'), 'local');
  });
});
