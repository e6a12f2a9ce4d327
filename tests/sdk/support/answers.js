// Answers as OpenAI and its kin write them, with everything that must survive the way through the router.

import { REMOTE_NAME } from './config.js';

export const USAGE = {
  prompt_tokens: 21,
  completion_tokens: 13,
  total_tokens: 34,
  prompt_tokens_details: { cached_tokens: 8, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 5, accepted_prediction_tokens: 0 },
  x_queue_ms: 1.5,
};

export const RICH_ANSWER = {
  id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
  object: 'chat.completion',
  created: 1795046400,
  model: REMOTE_NAME,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        annotations: [],
        tool_calls: [
          {
            id: 'call_abc123',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Zürich","days":2}' },
          },
        ],
        x_thoughts: ['look it up'],
      },
      logprobs: {
        content: [
          {
            token: 'Hi',
            logprob: -0.0001234567,
            bytes: [72, 105],
            top_logprobs: [{ token: 'Hi', logprob: -0.0001234567, bytes: [72, 105] }],
          },
        ],
        refusal: null,
      },
      finish_reason: 'tool_calls',
    },
    {
      index: 1,
      message: { role: 'assistant', content: null, refusal: 'I cannot help with that.' },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: USAGE,
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
  x_vendor: { region: 'eu', timings: [0.25, 12], nothing: null },
};

/** A short answer in words, for where the content does not matter. */
export const PLAIN_ANSWER = {
  id: 'chatcmpl-plain',
  object: 'chat.completion',
  created: 1795046400,
  model: REMOTE_NAME,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Fine.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
};

/** One chunk of a stream; `rest` adds to it or replaces. */
export function chunk(delta, finishReason = null, rest = {}) {
  return {
    id: 'chatcmpl-stream',
    object: 'chat.completion.chunk',
    created: 1795046400,
    model: REMOTE_NAME,
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...rest,
  };
}

/** The words as chunks, between the one that begins the message and the one that ends it. */
export function wordChunks(...words) {
  const begin = chunk({ role: 'assistant', content: '', refusal: null });
  return [begin, ...words.map((word) => chunk({ content: word })), chunk({}, 'stop')];
}

/** The chunk that OpenAI sends last where usage was asked for. */
export const USAGE_CHUNK = chunk({}, null, { choices: [], usage: USAGE });
