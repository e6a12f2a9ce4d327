import { axe, expect, fits, test } from './fixtures.ts';

test('each provider says how it stands, and one is tested', async ({ page, seeded, texts }) => {
  const t = texts.providers;
  await page.goto(`${seeded.router.url}/ui/providers`);
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.providers })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'far' }).getByText(texts.entries.standing.noKey)).toBeVisible();
  await fits(page);
  await axe(page);
  await page.getByRole('row').filter({ hasText: 'alpha' }).press('Enter');
  await expect(page).toHaveURL(/provider=alpha/);
  await page.getByRole('button', { name: t.drawer.test, exact: true }).click();
  await expect(page.getByRole('status').getByText(t.test.ok)).toBeVisible();
  await axe(page);
});

test('a provider without a key says which variable it waits for', async ({ page, seeded, texts }) => {
  await page.goto(`${seeded.router.url}/ui/providers?provider=far`);
  await expect(page.getByText('FAR_AWAY_KEY').first()).toBeVisible();
  await expect(page.getByText('https://api.openai.com/v1/chat/completions')).toBeVisible();
  await page.getByText(texts.entries.review.text).click();
  await expect(page.getByText('api_key_env = "FAR_AWAY_KEY"')).toBeVisible();
});

test('a provider is added, changed, switched off and deleted', async ({ page, start, texts }) => {
  const router = await start();
  const t = texts.providers;
  await page.goto(`${router.url}/ui/providers?add=1`);
  await page.getByLabel(t.new.type, { exact: true }).selectOption('openai_compatible');
  await page.getByLabel(t.new.name, { exact: true }).fill('mine');
  await page.getByLabel(t.field.baseUrl, { exact: true }).fill('127.0.0.1');
  await expect(page.getByText(t.preview.url)).toBeVisible();
  await page.getByLabel(t.field.baseUrl, { exact: true }).fill('http://127.0.0.1:9/api');
  await expect(page.getByText('http://127.0.0.1:9/api/v1/chat/completions')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: t.new.create }).last().click();
  await expect(page).toHaveURL(/provider=mine/);

  await page.getByLabel(t.field.endpoint, { exact: true }).fill('/own/chat');
  await page.getByRole('button', { name: texts.entries.form.review }).click();
  const review = page.getByRole('dialog', { name: t.drawer.change.replace('{name}', 'mine') });
  await expect(review.getByText('endpoint = "/own/chat"')).toBeVisible();
  await review.getByRole('button', { name: texts.app.action.save }).click();
  await expect(review).toBeHidden();

  await page.getByRole('switch').click();
  await expect(page.getByRole('switch')).not.toBeChecked();
  const provider = await router.get<{ is_active: boolean; settings: unknown }>('/providers/mine');
  expect(provider).toMatchObject({ is_active: false, settings: { endpoint: '/own/chat' } });

  await page.getByRole('button', { name: t.drawer.delete }).click();
  await page
    .getByRole('dialog', { name: t.delete.title.replace('{name}', 'mine') })
    .getByRole('button')
    .last()
    .click();
  await expect(page).not.toHaveURL(/provider=/);
  expect((await router.api('GET', '/providers/mine')).status).toBe(404);
});

test('a circuit is closed by hand', async ({ page, start, texts }) => {
  const router = await start();
  for (let call = 0; call < 6; call += 1) await router.chat('gamma/broken', 'Fail');
  await page.goto(`${router.url}/ui/providers?provider=gamma`);
  await page.getByRole('button', { name: texts.providers.drawer.reset }).click();
  await expect(page.getByRole('button', { name: texts.providers.drawer.reset })).toBeHidden();
});
