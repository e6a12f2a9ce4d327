// A client that leaves stops the upstream, which would otherwise go on and be paid for.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { APIConnectionTimeoutError, APIUserAbortError } from 'openai';

import { chunk } from './support/answers.js';
import { byHand } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { within } from './support/within.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'go on' }] };

const leftWithinASecond = (reply) => within(1_000, 'the upstream sees its connection closed', reply.left);

describe('leaving', LIMITS, () => {
  let stage;
  let reply;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => {
    stage.upstream.forget();
    reply = byHand();
    stage.upstream.willAnswer(reply);
  });
  after(() => stage.close());

  test('aborting a stream stops the upstream within a second', async () => {
    const asking = stage.client.chat.completions.create({ ...ASK, stream: true });
    await within(5_000, 'the upstream is asked', reply.asked);
    reply.begin();
    reply.send(chunk({ content: 'one' }));
    const answer = await asking;
    for await (const _ of answer) answer.controller.abort();
    await leftWithinASecond(reply);
  });

  test('leaving the loop over a stream stops the upstream within a second', async () => {
    const asking = stage.client.chat.completions.create({ ...ASK, stream: true });
    await within(5_000, 'the upstream is asked', reply.asked);
    reply.begin();
    reply.send(chunk({ content: 'one' }));
    for await (const _ of await asking) break;
    await leftWithinASecond(reply);
  });

  for (const isStream of [false, true]) {
    const kind = isStream ? 'a stream' : 'a whole answer';
    test(`giving up ${kind} before it begins stops the upstream within a second`, async () => {
      const abort = new AbortController();
      const { signal } = abort;
      const asking = stage.client.chat.completions.create({ ...ASK, stream: isStream }, { signal });
      const gaveUp = assert.rejects(asking, APIUserAbortError);
      await within(5_000, 'the upstream is asked', reply.asked);
      abort.abort();
      await gaveUp;
      await leftWithinASecond(reply);
    });
  }

  test('a call that takes longer than the SDK\'s own timeout stops the upstream within a second', async () => {
    const hasty = stage.clientWith({ timeout: 300 });
    await assert.rejects(hasty.chat.completions.create(ASK), APIConnectionTimeoutError);
    await leftWithinASecond(reply);
  });
});
