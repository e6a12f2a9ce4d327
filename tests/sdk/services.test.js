// OpenAI's endpoints besides chats, as the SDK sends and reads them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import OpenAI, { APIError, BadRequestError, toFile } from 'openai';

import { OTHERS, REMOTE_NAME } from './support/config.js';
import { failure, stream, whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const MODEL = 'up/scripted';
const VECTOR = [0.5, -2.25, 3];
const BASE64 = Buffer.from(new Float32Array(VECTOR).buffer).toString('base64');

const embeddings = (embedding) => ({
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding }],
  model: REMOTE_NAME,
  usage: { prompt_tokens: 2, total_tokens: 2 },
});

const typed = (type, body) => (_, response) => response.writeHead(200, { 'content-type': type }).end(body);

describe('other endpoints', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage(OTHERS);
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  const asked = () => JSON.parse(stage.upstream.takeRequest().text);

  // Without a format the SDK asks for base64 and reads it.
  for (const [name, options, format, embedding] of [
    ['as the SDK asks by itself', {}, 'base64', BASE64],
    ['as numbers', { encoding_format: 'float' }, 'float', VECTOR],
    ['from a server that does not know base64', {}, 'base64', VECTOR],
  ]) {
    test(`embeddings ${name}`, async () => {
      stage.upstream.willAnswer(whole(embeddings(embedding)));
      const answer = await stage.client.embeddings.create({ model: MODEL, input: 'hi', ...options });
      assert.deepEqual(Array.from(answer.data[0].embedding), VECTOR);
      assert.equal(answer.usage.prompt_tokens, 2);
      assert.deepEqual(asked(), { model: REMOTE_NAME, input: 'hi', encoding_format: format });
    });
  }

  test('embeddings of Gemini and Ollama', async () => {
    for (const [model, answer] of [
      ['gemini/scripted', { embeddings: [{ values: VECTOR }] }],
      ['ollama/scripted', { model: REMOTE_NAME, embeddings: [VECTOR], prompt_eval_count: 2 }],
    ]) {
      stage.upstream.willAnswer(whole(answer));
      const shown = await stage.client.embeddings.create({ model, input: ['hi'] });
      assert.deepEqual(Array.from(shown.data[0].embedding), VECTOR, model);
    }
  });

  test('moderations', async () => {
    const results = [{ flagged: true, categories: { violence: true }, category_scores: { violence: 0.9 } }];
    stage.upstream.willAnswer(whole({ id: 'modr-1', model: 'omni', results }));
    const answer = await stage.client.moderations.create({ model: MODEL, input: ['a', 'b'] });
    assert.deepEqual(answer.results, results);
    assert.deepEqual(asked(), { model: REMOTE_NAME, input: ['a', 'b'] });
  });

  test('pictures, whole and as events', async () => {
    stage.upstream.willAnswer(whole({ created: 1, data: [{ b64_json: 'AAAA' }] }));
    const answer = await stage.client.images.generate({ model: MODEL, prompt: 'a cat' });
    assert.equal(answer.data[0].b64_json, 'AAAA');
    asked();

    const events = ['image_generation.partial_image', 'image_generation.completed'].map(
      (type) => `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: 'AA' })}\n\n`,
    );
    stage.upstream.willAnswer(typed('text/event-stream', events.join('')));
    const types = [];
    const streamed = await stage.client.images.generate({ model: MODEL, prompt: 'a cat', stream: true });
    for await (const event of streamed) types.push(event.type);
    assert.deepEqual(types, ['image_generation.partial_image', 'image_generation.completed']);
  });

  test('a picture is changed', async () => {
    stage.upstream.willAnswer(whole({ created: 1, data: [{ b64_json: 'BBBB' }] }));
    const image = await toFile(Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'a.png', { type: 'image/png' });
    const answer = await stage.client.images.edit({ model: MODEL, image, prompt: 'a hat' });
    assert.equal(answer.data[0].b64_json, 'BBBB');
    const { path, text } = stage.upstream.takeRequest();
    assert.equal(path, '/v1/images/edits');
    assert.ok(text.includes(REMOTE_NAME) && !text.includes(MODEL));
  });

  test('speech', async () => {
    const sound = Buffer.from([0x49, 0x44, 0x33, 0xff, 0x00, 0xfb]);
    stage.upstream.willAnswer(typed('audio/mpeg', sound));
    const answer = await stage.client.audio.speech.create({ model: MODEL, input: 'hi', voice: 'alloy' });
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg');
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), sound);
  });

  test('speech that breaks off is an error', async () => {
    stage.upstream.willAnswer((_, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write('half', () => setTimeout(() => response.destroy(), 50));
    });
    const answer = await stage.client.audio.speech.create({ model: MODEL, input: 'hi', voice: 'alloy' });
    await assert.rejects(answer.arrayBuffer());
  });

  test('a recording is transcribed, as JSON, as text and as events', async () => {
    const file = () => toFile(Buffer.from('RIFF....WAVE'), 'a.wav', { type: 'audio/wav' });
    stage.upstream.willAnswer(whole({ text: 'hi there' }));
    const answer = await stage.client.audio.transcriptions.create({ model: MODEL, file: await file() });
    assert.equal(answer.text, 'hi there');
    const { path, text, headers } = stage.upstream.takeRequest();
    assert.equal(path, '/v1/audio/transcriptions');
    assert.ok(text.includes(REMOTE_NAME) && text.includes('RIFF....WAVE') && !text.includes(MODEL));
    assert.match(headers['content-type'], /^multipart\/form-data; *boundary=/);

    stage.upstream.willAnswer(typed('text/plain', 'hi there\n'));
    const plain = { model: MODEL, file: await file(), response_format: 'text' };
    assert.equal(await stage.client.audio.transcriptions.create(plain), 'hi there\n');

    const event = { type: 'transcript.text.done', text: 'hi' };
    stage.upstream.willAnswer(typed('text/event-stream', `data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`));
    const events = [];
    const streamed = { model: MODEL, file: await file(), stream: true };
    for await (const one of await stage.client.audio.transcriptions.create(streamed)) events.push(one);
    assert.deepEqual(events, [event]);

    stage.upstream.willAnswer(whole({ text: 'hello' }));
    const english = await stage.client.audio.translations.create({ model: MODEL, file: await file() });
    assert.equal(english.text, 'hello');
  });

  const completion = (text, finish_reason = null) => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: REMOTE_NAME,
    choices: [{ text, index: 0, logprobs: null, finish_reason }],
  });

  test('a text is continued, as it comes', async () => {
    stage.upstream.willAnswer(stream([completion(' upon'), completion(' a time', 'stop')]));
    const words = [];
    const ask = { model: MODEL, prompt: 'once', suffix: 'the end', stream: true };
    for await (const part of await stage.client.completions.create(ask)) words.push(part.choices[0].text);
    assert.equal(words.join(''), ' upon a time');
    const { suffix, model } = asked();
    assert.deepEqual([suffix, model], ['the end', REMOTE_NAME]);
  });

  test('a text is continued by a chat', async () => {
    const message = { type: 'text', text: ' upon a time' };
    stage.upstream.willAnswer(
      whole({
        id: 'msg_1', type: 'message', role: 'assistant', model: REMOTE_NAME, content: [message],
        stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4 },
      }),
    );
    const answer = await stage.client.completions.create({ model: 'claude/scripted', prompt: 'once' });
    assert.equal(answer.choices[0].text, ' upon a time');
    assert.deepEqual([answer.object, answer.usage.total_tokens], ['text_completion', 7]);
    const refused = stage.client.completions.create({ model: 'claude/scripted', prompt: 'once', suffix: 'z' });
    await assert.rejects(refused, (error) => error instanceof BadRequestError && error.param === 'suffix');
  });

  test('a refusal of the provider is raised as it stands', async () => {
    stage.upstream.willAnswer(failure(400, 'no such voice'));
    const refused = stage.client.audio.speech.create({ model: MODEL, input: 'hi', voice: 'x' });
    await assert.rejects(refused, (error) => error instanceof APIError && error.message === '400 no such voice');
  });

  test('files are told to be elsewhere', async () => {
    await assert.rejects(stage.client.files.list(), OpenAI.NotFoundError);
  });
});
