import { axe, expect, fits, test } from './fixtures.ts';

test('programs name this router, and Try sends what they send', async ({ page, start, texts }) => {
  const t = texts.connect;
  const router = await start();
  await page.goto(`${router.url}/ui/connect?model=alpha/story`);
  await expect(page.getByLabel(t.address.url, { exact: true })).toHaveValue(`${router.url}/v1`);
  for (const name of Object.values(t.program)) {
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  }
  await page.getByLabel(t.address.key, { exact: true }).fill('sk-pasted');
  await expect(page.getByText('sk-pasted', { exact: false }).first()).toBeVisible();
  await page.getByRole('button', { name: `${t.try}: ${t.program.python}` }).click();
  await expect(page.getByText('The ferry left the harbour', { exact: false })).toBeVisible();
  await expect(page.getByRole('link', { name: t.openCall })).toBeVisible();
  await fits(page);
  await axe(page);
});

test('clients and agents are told this router, and where their own names lead', async ({ page, start, texts }) => {
  const t = texts.connect;
  const router = await start();
  await page.goto(`${router.url}/ui/connect?model=alpha/story`);
  const { shell, program: _, ...clients } = t.clients;
  for (const { name } of Object.values(clients)) {
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  }
  const code = (name: string) => page.getByRole('region', { name: texts.app.action.code.replace('{name}', name) });
  await expect(code(`${clients.claudeCode.name}, ${shell}`)).toContainText(`ANTHROPIC_BASE_URL=${router.url}\n`);
  await expect(code(`${clients.codex.name}, ~/.codex/config.toml`)).toContainText(`base_url = "${router.url}/v1"`);
  await expect(code('router.toml')).toContainText('"claude-*" = "alpha/story"');
  await page.getByLabel('gpt-*', { exact: true }).fill('tag:chat');
  await expect(code('router.toml')).toContainText('"gpt-*" = "tag:chat"');
  await expect(code('router.toml')).toContainText('"claude-*" = "alpha/story"');
  await fits(page);
  await axe(page);
});

test('the API reference is one click away', async ({ page, seeded, texts }) => {
  await page.goto(`${seeded.router.url}/ui/connect`);
  const link = page.getByRole('link', { name: texts.connect.docs });
  await expect(link).toHaveAttribute('href', `${seeded.router.url}/docs`);
});
