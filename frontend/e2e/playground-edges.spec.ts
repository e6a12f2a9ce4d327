import { axe, expect, fits, keys, test } from './fixtures.ts';
import { config, type Router } from './router.ts';

const named = (text: string, values: Record<string, string | number>): string =>
  Object.entries(values).reduce((all, [name, value]) => all.replace(`{${name}}`, String(value)), text);

const long = `${config}
[[models]]
name = "endless"
provider = "alpha"
[models.config.mock]
text = "drip"
tokens = 4000
first_token_ms = 10
token_interval_ms = 25
`;

interface Call {
  id: number;
  status: string;
  requested: string;
}

/** The newest call, as soon as there are so many. */
async function newest(router: Router, count: number): Promise<Call> {
  for (;;) {
    const { items } = await router.get<{ items: Call[] }>('/monitor/invocations');
    if (items.length >= count && items[0]) return items[0];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('Stop ends the answer, keeps what came, and the call is the one that left', async ({ page, start, texts }) => {
  const t = texts.playground;
  const router = await start({ toml: long });
  await page.goto(`${router.url}/ui/playground?model=alpha/endless`);
  await page.getByLabel(named(t.messages.text, { position: 1 })).fill('On and on');
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  await expect(page.getByText(/drip drip/).first()).toBeVisible();
  await page.getByRole('button', { name: t.form.stop, exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: t.answer.stopped })).toBeAttached();
  await expect(page.getByText(/drip drip/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: t.form.send, exact: true })).toBeEnabled();
  expect((await newest(router, 1)).status).toBe('cancelled');
  await fits(page);
  await axe(page);
});

test.describe('what is cut off', () => {
  test.use({ expectedErrors: /ERR_|Failed to load/ });

  test('a stream that breaks keeps what came, and can be sent again', async ({ page, start, texts }) => {
    const t = texts.playground;
    const router = await start({ toml: long });
    await page.goto(`${router.url}/ui/playground?model=alpha/endless`);
    await page.getByLabel(named(t.messages.text, { position: 1 })).fill('On and on');
    await page.getByRole('button', { name: t.form.send, exact: true }).click();
    await expect(page.getByText(/drip drip/).first()).toBeVisible();
    await router.stop('SIGKILL');
    await expect(page.getByText(t.failure.cut, { exact: true }).first()).toBeVisible();
    await expect(page.getByText(t.advice.cut)).toBeVisible();
    await expect(page.getByText(/drip drip/).first()).toBeVisible();
    await axe(page);
    await router.resume();
    await page.getByRole('button', { name: t.failure.again }).click();
    await expect(page.getByRole('button', { name: t.form.stop, exact: true })).toBeVisible();
    await page.getByRole('button', { name: t.form.stop, exact: true }).click();
  });
});

test('an image goes with its message', async ({ page, start, texts }) => {
  const t = texts.playground;
  const router = await start();
  await page.goto(`${router.url}/ui/playground?model=alpha/quick`);
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await page
    .locator('input[type=file][accept*="image/png"]')
    .first()
    .setInputFiles({ name: 'pixel.png', mimeType: 'image/png', buffer: Buffer.from(pixel, 'base64') });
  await expect(page.getByRole('button', { name: named(t.messages.removeImage, { number: 1 }) })).toBeVisible();
  await page.getByLabel(named(t.messages.text, { position: 1 })).fill('What is this?');
  await fits(page);
  await axe(page);
  const sent = page.waitForRequest(/chat\/completions/);
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  expect((await sent).postData()).toContain(`data:image/png;base64,${pixel}`);
});

test('a call of a tool is shown with its name and arguments', async ({ page, start, texts }) => {
  const t = texts.playground;
  const router = await start();
  await page.route('**/chat/completions', (route) => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":' } };
    const rest = { index: 0, function: { arguments: '"Bergen"}' } };
    const chunks = [
      { delta: { role: 'assistant', tool_calls: [call] } },
      { delta: { tool_calls: [rest] } },
      { delta: {}, finish_reason: 'tool_calls' },
    ].map((choice) => ({
      id: 'x',
      object: 'chat.completion.chunk',
      model: 'quick',
      choices: [{ index: 0, ...choice }],
    }));
    const body = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]']
      .map((data) => `data: ${data}\n\n`)
      .join('');
    return route.fulfill({ contentType: 'text/event-stream', body });
  });
  await page.goto(`${router.url}/ui/playground?model=alpha/quick`);
  await page.getByLabel(named(t.messages.text, { position: 1 })).fill('How is the weather?');
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  const calls = page.getByRole('list', { name: t.answer.toolCalls }).first();
  await expect(calls.getByText('weather').first()).toBeVisible();
  await expect(calls.getByText('Bergen').first()).toBeVisible();
  await axe(page);
});

test('a call is sent again from Calls', async ({ page, start, texts }) => {
  const t = texts.playground;
  const router = await start({ toml: `[recording]\nbodies = true\n${config}` });
  const body = { model: 'alpha/quick', temperature: 0.2, messages: [{ role: 'user', content: 'Once more, please' }] };
  const answer = await router.api('POST', '/v1/chat/completions', body);
  expect(answer.status, await answer.text()).toBe(200);
  const { id } = await newest(router, 1);
  await page.goto(`${router.url}/ui/calls?call=${id}`);
  await page.getByRole('link', { name: texts.calls.drawer.again }).click();
  await expect(page).toHaveURL(/\/ui\/playground/);
  await expect(page.getByLabel(named(t.messages.text, { position: 1 }))).toHaveValue('Once more, please');
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  await expect(page.getByRole('link', { name: t.answer.openCall })).toBeVisible();
  expect(await newest(router, 2)).toMatchObject({ status: 'success', requested: 'alpha/quick' });
  await fits(page);
  await axe(page);
});

test.describe('with the key of a user', () => {
  // Before the login.
  test.use({ expectedErrors: /status of 401/ });

  test('only what it may call is offered', async ({ page, start, texts }) => {
    const t = texts.playground;
    const router = await start({
      toml: config.replace('name = "team"', 'name = "team"\nallowed_models = ["alpha/quick"]'),
      env: { LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH: 'false' },
    });
    await page.goto(`${router.url}/ui/playground?model=alpha/quick`);
    await page.getByLabel(texts.app.login.key, { exact: true }).fill(keys.user);
    await page.keyboard.press('Enter');
    await page.getByLabel(named(t.messages.text, { position: 1 })).fill('May I?');
    await page.getByRole('button', { name: t.form.send, exact: true }).click();
    await expect(page.getByRole('link', { name: t.answer.openCall })).toBeVisible();
    await expect(page.getByText('beta/slow').filter({ visible: true })).toHaveCount(0);
    await fits(page);
    await axe(page);
  });
});

test('a router without models says what to do', async ({ page, start, texts }) => {
  const router = await start({ toml: '[recording]\nbodies = true\n' });
  for (const name of ['playground', 'connect', 'models', 'routing', 'overview'] as const) {
    await page.goto(`${router.url}/ui/${name}`);
    await expect(page.getByRole('heading', { level: 1, name: texts.app.pages[name] })).toBeVisible();
    await fits(page);
    await axe(page);
  }
});
