import { axe, expect, fits, test } from './fixtures.ts';

const message = { text: { position: 1 } };
const named = (text: string, values: Record<string, string | number>): string =>
  Object.entries(values).reduce((all, [name, value]) => all.replace(`{${name}}`, String(value)), text);

test('a message is sent: candidates before it, the answer, and its route, time and cost after it', async ({
  page,
  start,
  texts,
}) => {
  const t = texts.playground;
  const router = await start();
  await page.goto(`${router.url}/ui/playground?model=alpha/story`);
  await expect(page.getByRole('heading', { name: t.candidates.title })).toBeVisible();
  await expect(page.getByText('alpha/story').first()).toBeVisible();
  await page.getByLabel(named(t.messages.text, message.text)).fill('Tell me a story.');
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  await expect(page.getByText('The ferry left the harbour', { exact: false }).first()).toBeVisible();
  for (const title of [texts.call.timing.title, texts.call.route.title, texts.call.cost.title]) {
    await expect(page.locator('summary').filter({ hasText: title }).first()).toBeVisible();
  }
  await expect(page.getByText('router.toml', { exact: false }).first()).toBeVisible();
  await fits(page);
  await axe(page);

  await page.getByRole('button', { name: new RegExp(`^${t.runs.open}`) }).click();
  await page.getByRole('button', { name: 'Tell me a story.' }).click();
  await expect(page.getByText('The ferry left the harbour', { exact: false }).first()).toBeVisible();
});

test('two targets stand side by side, and their texts are compared', async ({ page, start, texts }) => {
  const t = texts.playground;
  const router = await start();
  await page.goto(`${router.url}/ui/playground?model=alpha/story&with=alpha/quick`);
  await page.getByLabel(named(t.messages.text, message.text)).fill('The ferry left the harbour.');
  await page.getByRole('button', { name: t.form.send, exact: true }).click();
  await page.getByRole('button', { name: t.compare.showDifference }).click();
  await expect(page.getByRole('heading', { name: t.compare.difference })).toBeVisible();
  await fits(page);
  await axe(page);
});

test('what is wrong in JSON is named by its line, and not sent', async ({ page, seeded, texts }) => {
  const t = texts.playground;
  await page.goto(`${seeded.router.url}/ui/playground?model=alpha/quick`);
  await page.getByLabel(named(t.messages.text, message.text)).fill('Hello');
  await page.locator('summary').filter({ hasText: t.form.tools }).first().click();
  await page.getByLabel(t.form.toolsLabel).fill('[\n  {"type": "function"\n   "a": 1}\n]');
  await expect(page.getByText(named(t.json.fault, { line: 3, column: 4, what: t.json.comma }))).toBeVisible();
  await expect(page.getByRole('button', { name: t.form.send, exact: true })).toBeDisabled();
  await axe(page);
});

test('a query that no model fits says so before it is sent', async ({ page, seeded, texts }) => {
  await page.goto(`${seeded.router.url}/ui/playground?model=tag:nowhere`);
  await expect(page.getByText(texts.playground.advice.no_matching_model)).toBeVisible();
  await expect(page.getByText('no_matching_model', { exact: false }).first()).toBeVisible();
});

test('the request of now is shown as a program', async ({ page, seeded, texts }) => {
  const t = texts.playground;
  await page.goto(`${seeded.router.url}/ui/playground?model=alpha/quick`);
  await page.getByLabel(named(t.messages.text, message.text)).fill('Hello');
  await page.getByRole('button', { name: t.code.open }).click();
  await expect(page.getByRole('dialog')).toContainText(`${seeded.router.url}/v1`);
  await page.getByRole('dialog').getByText('curl', { exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('/v1/chat/completions');
  await axe(page);
});

test.describe('what fails', () => {
  test.use({ expectedErrors: /429|50\d|ERR_|Failed to load/ });

  test('a refusal says how long to wait and what to do', async ({ page, start, texts }) => {
    const t = texts.playground;
    const router = await start();
    await page.goto(`${router.url}/ui/playground?model=gamma/busy`);
    await page.getByLabel(named(t.messages.text, message.text)).fill('Hello');
    await page.getByRole('button', { name: t.form.send, exact: true }).click();
    await expect(page.getByText(t.advice.upstream_rate_limited)).toBeVisible();
    await expect(
      page.getByText(named(t.failure.refused, { status: 429, code: 'upstream_rate_limited' })),
    ).toBeVisible();
    await expect(page.getByRole('button', { name: t.failure.again })).toBeVisible();
    await axe(page);
  });

  test('a router that is away keeps the request', async ({ page, start, texts }) => {
    const t = texts.playground;
    const router = await start();
    await page.goto(`${router.url}/ui/playground?model=alpha/quick`);
    const field = page.getByLabel(named(t.messages.text, message.text));
    await field.fill('Are you there?');
    await router.stop();
    await page.getByRole('button', { name: t.form.send, exact: true }).click();
    await expect(page.getByText(t.advice.unreachable)).toBeVisible();
    await router.resume();
    await page.getByRole('button', { name: t.failure.again }).click();
    await expect(page.getByRole('link', { name: t.answer.openCall })).toBeVisible();
    await expect(field).toHaveValue('Are you there?');
  });
});
