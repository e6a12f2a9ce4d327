// A router that is told to stop lets its calls come to their end.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chunk } from './support/answers.js';
import { byHand } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { within } from './support/within.js';

describe('stopping', LIMITS, () => {
  test('a stream in flight comes to its end before the router does', async () => {
    const stage = await openStage();
    const reply = byHand();
    stage.upstream.willAnswer(reply);
    const asking = stage.client.chat.completions.create({
      model: 'up/scripted',
      messages: [{ role: 'user', content: 'go on' }],
      stream: true,
    });
    await within(5_000, 'the upstream is asked', reply.asked);
    reply.begin();
    reply.send(chunk({ role: 'assistant', content: 'one' }));
    const words = [];
    let closing;
    for await (const { choices } of await asking) {
      words.push(choices[0].delta.content);
      if (closing) continue;
      closing = stage.close();
      await within(5_000, 'the router says that it is stopping', stage.router.says('stopping'));
      reply.send(chunk({ content: 'two' }, 'stop'));
      reply.done();
    }
    assert.deepEqual(words, ['one', 'two']);
    await closing;
  });
});
