// Errors reach the program as the classes that the SDK has for them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';

import { chunk } from './support/answers.js';
import { UPSTREAM_KEY } from './support/config.js';
import { cutStream, failure } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'hi' }] };

/** The error that the promise ends in, which is of this class. */
async function errorOf(promise, expected) {
  const error = await promise.then(
    () => assert.fail('no error came'),
    (error) => error,
  );
  assert.ok(error instanceof expected, `${expected.name} was expected, not ${error.stack}`);
  return error;
}

describe('errors', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  const create = (changes) => stage.client.chat.completions.create({ ...ASK, ...changes });

  test('empty messages are a bad request that names the field', async () => {
    const error = await errorOf(create({ messages: [] }), BadRequestError);
    assert.equal(error.status, 400);
    assert.equal(error.param, 'messages');
    assert.equal(error.type, 'invalid_request_error');
    assert.match(error.message, /messages/);
  });

  test('a value of the wrong type is a bad request that names the field', async () => {
    const error = await errorOf(create({ temperature: 'warm' }), BadRequestError);
    assert.equal(error.param, 'temperature');
  });

  test('a request that names no model is told to', async () => {
    const error = await errorOf(create({ model: undefined }), BadRequestError);
    assert.equal(error.param, 'model');
  });

  test('a body beyond the limit is refused as too large, while the client is still sending', async () => {
    const content = 'x'.repeat(40 * 1024 * 1024);
    const error = await errorOf(create({ messages: [{ role: 'user', content }] }), APIError);
    assert.equal(error.status, 413);
  });

  test('a caller from elsewhere needs a key that is known', async () => {
    const throughProxy = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    const error = await errorOf(stage.client.chat.completions.create(ASK, throughProxy), AuthenticationError);
    assert.equal(error.type, 'authentication_error');
    assert.equal(stage.upstream.takeRequests().length, 0);
  });

  test('an unknown model is not found, and the message names one that is near', async () => {
    const error = await errorOf(create({ model: 'demo/ecco' }), NotFoundError);
    assert.equal(error.code, 'model_not_found');
    assert.equal(error.param, 'model');
    assert.match(error.message, /demo\/ecco/);
    assert.match(error.message, /demo\/echo/);
  });

  test('an error carries the id of its request', async () => {
    const error = await errorOf(create({ messages: [] }), BadRequestError);
    assert.ok(error.requestID);
  });

  test('a second call beyond a rate limit of one a minute is told when to come back', async () => {
    const { response } = await create({ model: 'demo/limited' }).withResponse();
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), '1');
    assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '0');
    const error = await errorOf(create({ model: 'demo/limited' }), RateLimitError);
    assert.equal(error.type, 'rate_limit_error');
    assert.equal(error.code, 'rate_limit_exceeded');
    const wait = error.headers.get('retry-after');
    assert.match(wait, /^\d+$/);
    assert.ok(wait >= 1 && wait <= 60, `retry-after: ${wait}`);
    assert.equal(error.headers.get('x-ratelimit-limit-requests'), '1');
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
    assert.ok(error.headers.get('x-ratelimit-reset-requests'));
  });

  test('what the upstream finds wrong is the client\'s bad request, in the upstream\'s words', async () => {
    stage.upstream.willAnswer(failure(400, 'logit_bias has an unknown token'));
    const error = await errorOf(create({}), BadRequestError);
    assert.match(error.message, /logit_bias has an unknown token/);
  });

  for (const isStream of [false, true]) {
    const kind = isStream ? 'a stream' : 'a whole answer';
    test(`for ${kind}, a refused provider key is a server error that does not show the key`, async () => {
      stage.upstream.willAnswer(failure(401, `Incorrect API key provided: ${UPSTREAM_KEY}`));
      const error = await errorOf(create({ stream: isStream }), InternalServerError);
      assert.equal(error.status, 502);
      assert.ok(!error.message.includes(UPSTREAM_KEY), error.message);
      assert.ok(!JSON.stringify(error.error).includes(UPSTREAM_KEY));
    });
  }

  test('a stream that fails before its first chunk is an ordinary error', async () => {
    stage.upstream.willAnswer(cutStream([': hello\n\n']));
    const error = await errorOf(create({ stream: true }), InternalServerError);
    assert.equal(error.status, 502);
  });

  const report = { error: { message: 'the engine is out of memory', type: 'server_error', code: null } };
  for (const [what, rest, expected] of [
    ['is cut between two chunks', [], /`up`: connection closed/],
    ['is cut within a chunk', ['data: {"id":"chatcmpl-str'], /`up`: connection closed/],
    ['reports an error', [report], /the engine is out of memory/],
  ]) {
    test(`a stream that ${what} throws behind the words that came`, async () => {
      stage.upstream.willAnswer(cutStream([chunk({ content: 'one' }), chunk({ content: 'two' }), ...rest]));
      const answer = await create({ stream: true });
      const words = [];
      const reading = (async () => {
        for await (const { choices } of answer) words.push(choices[0].delta.content);
      })();
      const error = await errorOf(reading, APIError);
      assert.deepEqual(words, ['one', 'two']);
      assert.match(error.message, expected);
    });
  }
});
