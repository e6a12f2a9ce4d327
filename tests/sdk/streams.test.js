// Streamed answers.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { USAGE, USAGE_CHUNK, chunk, wordChunks } from './support/answers.js';
import { byHand, stream } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';
import { within } from './support/within.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'go on' }], stream: true };

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const text = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

describe('streams', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('the demo model streams what was said and says why it stopped', async () => {
    const answer = await stage.client.chat.completions.create({ ...ASK, model: 'demo/echo' });
    const chunks = await collect(answer);
    assert.equal(text(chunks), 'go on');
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  });

  test('a streamed answer arrives word by word and ends', async () => {
    const reply = byHand();
    stage.upstream.willAnswer(reply);
    const asking = stage.client.chat.completions.create(ASK);
    await within(5_000, 'the upstream is asked', reply.asked);
    reply.begin();
    reply.send(chunk({ role: 'assistant', content: 'one' }));
    const words = (await asking)[Symbol.asyncIterator]();
    const next = async () => (await within(5_000, 'the next word arrives', words.next())).value;

    // The next word is sent only when the one before it has arrived.
    assert.equal((await next()).choices[0].delta.content, 'one');
    reply.send(chunk({ content: 'two' }));
    assert.equal((await next()).choices[0].delta.content, 'two');
    reply.send(chunk({ content: 'three' }, 'stop'));
    assert.equal((await next()).choices[0].delta.content, 'three');
    reply.done();
    assert.equal(await next(), undefined);
  });

  test('chunks come back as they were sent, with all choices, logprobs, refusals and unknown fields', async () => {
    const sent = [
      chunk({ role: 'assistant', content: '', refusal: null }, null, { x_vendor: { shard: 3, load: 0.5 } }),
      chunk({ content: 'Hi', x_thought: 'greet' }, null, {
        choices: [0, 1].map((index) => ({
          index,
          delta: { content: 'Hi' },
          logprobs: { content: [{ token: 'Hi', logprob: -0.25, bytes: [72, 105], top_logprobs: [] }], refusal: null },
          finish_reason: null,
        })),
      }),
      chunk({ refusal: 'No.' }, null),
      chunk({}, 'stop', { service_tier: 'default' }),
    ];
    stage.upstream.willAnswer(stream(sent));
    assert.deepEqual(await collect(await stage.client.chat.completions.create(ASK)), sent);
  });

  test('usage is there for a client that asks for it', async () => {
    stage.upstream.willAnswer(stream([...wordChunks('a', 'b'), USAGE_CHUNK]));
    const options = { stream_options: { include_usage: true } };
    const chunks = await collect(await stage.client.chat.completions.create({ ...ASK, ...options }));
    assert.deepEqual(chunks, [...wordChunks('a', 'b'), USAGE_CHUNK]);
    assert.deepEqual(chunks.at(-1).usage, USAGE);
    assert.equal(JSON.parse(stage.upstream.takeRequest().text).stream_options.include_usage, true);
  });

  for (const [who, options] of [
    ['says nothing of it', {}],
    ['declines it', { stream_options: { include_usage: false } }],
    ['sets another stream option', { stream_options: { include_obfuscation: false } }],
  ]) {
    test(`usage is asked of the upstream but not shown to a client that ${who}`, async () => {
      stage.upstream.willAnswer(stream([...wordChunks('a', 'b'), USAGE_CHUNK]));
      const chunks = await collect(await stage.client.chat.completions.create({ ...ASK, ...options }));
      assert.deepEqual(chunks, wordChunks('a', 'b'));
      const asked = JSON.parse(stage.upstream.takeRequest().text);
      assert.deepEqual(asked.stream_options, { ...options.stream_options, include_usage: true });
    });
  }

  test('usage that shares a chunk with the last words is taken out of it', async () => {
    stage.upstream.willAnswer(stream([chunk({ content: 'a' }), chunk({ content: 'b' }, 'stop', { usage: USAGE })]));
    const chunks = await collect(await stage.client.chat.completions.create(ASK));
    assert.deepEqual(chunks, [chunk({ content: 'a' }), chunk({ content: 'b' }, 'stop')]);
  });

  test('an upstream that writes a null usage into every chunk shows no usage either', async () => {
    const sent = [...wordChunks('a', 'b').map((chunk) => ({ ...chunk, usage: null })), USAGE_CHUNK];
    stage.upstream.willAnswer(stream(sent));
    const chunks = await collect(await stage.client.chat.completions.create(ASK));
    assert.equal(text(chunks), 'ab');
    assert.ok(chunks.every((chunk) => !chunk.usage && chunk.choices.length === 1));
  });
});
