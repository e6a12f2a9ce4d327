import { axe, expect, fits, keys, test } from './fixtures.ts';

// A refused request is an error of the browser's console.
test.use({ expectedErrors: /status of 40[13]/ });

/** As a remote caller sees it. */
const remote = { env: { LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH: 'false' } };

test('a login leads back to the address that was asked for, and a logout to the login', async ({
  page,
  start,
  texts,
  isNarrow,
}) => {
  const router = await start(remote);
  const t = texts.app.login;
  const asked = `${router.url}/ui/calls?range=7d&status=error`;
  await page.goto(asked);
  const field = page.getByLabel(t.key, { exact: true });
  await expect(field).toBeVisible();
  await fits(page);
  await axe(page);

  await field.fill('sk-nobody-knows-this-one');
  await page.keyboard.press('Enter');
  await expect(page.getByText(t.unknown)).toBeVisible();

  await field.fill(keys.admin);
  await page.getByRole('button', { name: t.submit }).click();
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.calls })).toBeVisible();
  expect(page.url()).toBe(asked);

  const [cookie, ...others] = await page.context().cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ name: 'llm_router_session', path: '/', httpOnly: true, sameSite: 'Strict' });
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).not.toContain('sk-');
  expect(stored).not.toContain(cookie?.value);

  // It is still there after a reload, and scripts do not see it.
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.calls })).toBeVisible();
  expect(await page.evaluate(() => document.cookie)).toBe('');

  if (isNarrow) await page.getByRole('button', { name: texts.app.nav.more }).click();
  await page.getByRole('button', { name: texts.app.foot.logout }).click();
  await expect(field).toBeVisible();
  expect(await page.context().cookies()).toEqual([]);
});

test('a session that ends while the page is open leads to the login, and back', async ({ page, start, texts }) => {
  const router = await start(remote);
  await page.goto(`${router.url}/ui/overview?range=6h`);
  const field = page.getByLabel(texts.app.login.key, { exact: true });
  await field.fill(keys.admin);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.overview })).toBeVisible();

  // Another window of the same browser signs out.
  await page.evaluate(() => fetch('api/auth/logout', { method: 'POST' }));
  await page.keyboard.press('c');
  await expect(field).toBeVisible();
  await field.fill(keys.admin);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.overview })).toBeVisible();
  expect(page.url()).toContain('range=6h');
});

test('the owner of a key of role user sees the pages that are for it', async ({ page, start, texts, isNarrow }) => {
  const router = await start(remote);
  await page.goto(`${router.url}/ui/providers`);
  await page.getByLabel(texts.app.login.key, { exact: true }).fill(keys.user);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.usage })).toBeVisible();
  if (isNarrow) await page.getByRole('button', { name: texts.app.nav.more }).click();
  await expect(page.getByRole('link', { name: texts.app.pages.connect })).toBeVisible();
  for (const hidden of [texts.app.pages.providers, texts.app.pages.keys, texts.app.pages.configuration]) {
    await expect(page.getByRole('link', { name: hidden, exact: true })).toHaveCount(0);
  }
});
