// The SDK's stream() helper puts chunks together; it is stricter about them than a loop is.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { USAGE, USAGE_CHUNK, chunk, wordChunks } from './support/answers.js';
import { stream } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const ASK = { model: 'up/scripted', messages: [{ role: 'user', content: 'weather?' }] };

const callDelta = (index, part) => chunk({ tool_calls: [{ index, ...part }] });

const TWO_CALLS = [
  chunk({ role: 'assistant', content: null }),
  callDelta(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
  callDelta(0, { function: { arguments: '{"ci' } }),
  callDelta(0, { function: { arguments: 'ty":"Zü' } }),
  callDelta(0, { function: { arguments: 'rich"}' } }),
  callDelta(1, { id: 'call_2', type: 'function', function: { name: 'time', arguments: '' } }),
  callDelta(1, { function: { arguments: '{}' } }),
  chunk({}, 'tool_calls'),
];

describe('the stream() helper', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  test('words add up to the final completion', async () => {
    stage.upstream.willAnswer(stream([...wordChunks('The ', 'sun ', 'shines.'), USAGE_CHUNK]));
    const options = { stream_options: { include_usage: true } };
    const answer = stage.client.chat.completions.stream({ ...ASK, ...options });
    const words = [];
    answer.on('content', (delta) => words.push(delta));
    const completion = await answer.finalChatCompletion();
    assert.equal(words.join('|'), 'The |sun |shines.');
    assert.equal(completion.choices[0].message.content, 'The sun shines.');
    assert.equal(completion.choices[0].finish_reason, 'stop');
    assert.equal(completion.id, 'chatcmpl-stream');
    assert.equal(completion.system_fingerprint, 'fp_44709d6fcb');
    assert.deepEqual(completion.usage, USAGE);
  });

  test('the arguments of tool calls add up, piece by piece', async () => {
    stage.upstream.willAnswer(stream(TWO_CALLS));
    const answer = stage.client.chat.completions.stream(ASK);
    const pieces = [];
    answer.on('tool_calls.function.arguments.delta', ({ index, arguments_delta }) => {
      pieces.push([index, arguments_delta]);
    });
    const { choices } = await answer.finalChatCompletion();
    assert.equal(choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(
      choices[0].message.tool_calls.map(({ id, type, function: { name, arguments: text } }) => [id, type, name, text]),
      [
        ['call_1', 'function', 'weather', '{"city":"Zürich"}'],
        ['call_2', 'function', 'time', '{}'],
      ],
    );
    assert.deepEqual(pieces.filter(([, piece]) => piece), [[0, '{"ci'], [0, 'ty":"Zü'], [0, 'rich"}'], [1, '{}']]);
  });

  test('the demo model satisfies it', async () => {
    const answer = stage.client.chat.completions.stream({ ...ASK, model: 'demo/echo' });
    const completion = await answer.finalChatCompletion();
    assert.equal(completion.choices[0].message.content, 'weather?');
    assert.equal(completion.choices[0].message.role, 'assistant');
  });
});
