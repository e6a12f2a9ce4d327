// The SDK tries again by itself where the router's status tells it to.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { BadRequestError, InternalServerError, NotFoundError } from 'openai';

import { PLAIN_ANSWER } from './support/answers.js';
import { failure, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'hi' }] };

describe('retries', LIMITS, () => {
  let stage;
  let client;
  before(async () => {
    stage = await openStage();
    client = stage.clientWith({ maxRetries: 1 });
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('a client that tries again gets past an upstream that was overloaded once', async () => {
    stage.upstream.willAnswer(failure(503, 'overloaded'), whole(PLAIN_ANSWER));
    assert.deepEqual(await client.chat.completions.create(ASK), PLAIN_ANSWER);
    assert.equal(stage.upstream.takeRequests().length, 2);
  });

  test('a client does not try again what the upstream finds wrong', async () => {
    stage.upstream.willAnswer(failure(400, 'no such tool'), whole(PLAIN_ANSWER));
    await assert.rejects(client.chat.completions.create(ASK), BadRequestError);
    assert.equal(stage.upstream.takeRequests().length, 1);
  });

  for (const stream of [false, true]) {
    const kind = stream ? 'a stream' : 'a whole answer';

    test(`for ${kind}, a model that the upstream does not know is not found, and not asked for again`, async () => {
      stage.upstream.willAnswer(failure(404, "model 'x' not found"), whole(PLAIN_ANSWER));
      const error = await client.chat.completions.create({ ...ASK, stream }).catch((error) => error);
      assert.ok(error instanceof NotFoundError, String(error));
      assert.equal(error.code, 'upstream_not_found');
      assert.match(error.message, /model 'x' not found/);
      assert.equal(stage.upstream.takeRequests().length, 1);
    });

    test(`for ${kind}, an account or a key that somebody must mend is not tried again`, async () => {
      for (const status of [401, 402, 403]) {
        stage.upstream.forget();
        stage.upstream.willAnswer(failure(status, 'no'), whole(PLAIN_ANSWER));
        const error = await client.chat.completions.create({ ...ASK, stream }).catch((error) => error);
        assert.ok(error instanceof InternalServerError, String(error));
        assert.equal(stage.upstream.takeRequests().length, 1, String(status));
      }
    });
  }
});
