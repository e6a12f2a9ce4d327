// The list of models, whose ids can be sent back.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { NotFoundError } from 'openai';

import { PLAIN_ANSWER } from './support/answers.js';
import { whole } from './support/replies.js';
import { LIMITS, openStage } from './support/stage.js';

describe('models', LIMITS, () => {
  let stage;
  before(async () => {
    stage = await openStage();
  });
  beforeEach(() => stage.upstream.forget());
  after(() => stage.close());

  async function listed() {
    const models = [];
    for await (const model of stage.client.models.list()) models.push(model);
    return models;
  }

  test('the list holds the active models under their whole names', async () => {
    const ids = (await listed()).map((model) => model.id);
    assert.deepEqual(ids.sort(), ['demo/echo', 'demo/limited', 'up/org/model', 'up/scripted']);
  });

  test('each model has the fields of OpenAI\'s and of Anthropic\'s', async () => {
    const echo = (await listed()).find((model) => model.id === 'demo/echo');
    const openAis = { object: 'model', created: 0, owned_by: 'demo' };
    const anthropics = { type: 'model', display_name: 'demo/echo', created_at: '1970-01-01T00:00:00Z', lifecycle: 'active' };
    const sizes = { max_input_tokens: null, max_tokens: null };
    assert.deepEqual(echo, { id: 'demo/echo', ...openAis, ...anthropics, ...sizes });
  });

  for (const id of ['demo/echo', 'up/scripted', 'up/org/model']) {
    test(`${id} can be retrieved by its id`, async () => {
      const model = await stage.client.models.retrieve(id);
      assert.equal(model.id, id);
      assert.equal(model.object, 'model');
      assert.equal(model.owned_by, id.split('/')[0]);
    });
  }

  test('every listed id can be sent back', async () => {
    for (const { id } of await listed()) {
      stage.upstream.forget();
      stage.upstream.willAnswer(whole(PLAIN_ANSWER));
      const messages = [{ role: 'user', content: 'hi' }];
      const completion = await stage.client.chat.completions.create({ model: id, messages });
      assert.equal(completion.object, 'chat.completion', id);
    }
  });

  for (const id of ['demo/retired', 'nobody/nothing']) {
    test(`${id}, which cannot be called, cannot be retrieved either`, async () => {
      await assert.rejects(stage.client.models.retrieve(id), (error) => {
        assert.ok(error instanceof NotFoundError, String(error));
        assert.equal(error.code, 'model_not_found');
        return true;
      });
    });
  }
});
