// Images travel inside the request.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { PLAIN_ANSWER } from './support/answers.js';
import { whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('images', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  test('an image of 3 MB in a data URL reaches the upstream unharmed', async () => {
    const image = randomBytes(3_000_000);
    const url = `data:image/png;base64,${image.toString('base64')}`;
    stage.upstream.willAnswer(whole(PLAIN_ANSWER));
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url, detail: 'high' } },
    ];
    await stage.client.chat.completions.create({ model: 'up/scripted', messages: [{ role: 'user', content }] });
    const [text, part] = JSON.parse(stage.upstream.takeRequest().text).messages[0].content;
    assert.deepEqual(text, { type: 'text', text: 'What is this?' });
    assert.equal(part.image_url.detail, 'high');
    const [head, base64] = part.image_url.url.split(',');
    assert.equal(head, 'data:image/png;base64');
    assert.equal(sha256(Buffer.from(base64, 'base64')), sha256(image));
  });
});
