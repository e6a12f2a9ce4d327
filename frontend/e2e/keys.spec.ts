import type { Locator, Page } from '@playwright/test';
import { axe, expect, fits, test } from './fixtures.ts';

function drawerOf(page: Page): Locator {
  return page.locator('[data-drawer]');
}

test('a key is made, and its secret is shown this once', async ({ page, start, texts }) => {
  const t = texts.keys;
  const router = await start();
  await page.goto(`${router.url}/ui/keys`);
  await expect(page.getByRole('row').filter({ hasText: 'team' })).toBeVisible();
  await fits(page);
  await axe(page);

  await page.getByRole('button', { name: t.create.open }).click();
  const form = page.getByRole('dialog', { name: t.create.title });
  await form.getByRole('button', { name: t.create.submit, exact: true }).click();
  await expect(form.getByText(t.form.problem.name)).toBeVisible();
  await form.getByLabel(t.form.name.label, { exact: true }).fill('batch');
  await form.getByLabel(t.form.requests, { exact: true }).fill('60');
  await form.getByLabel(t.form.usd, { exact: true }).fill('5');
  await axe(page);
  await form.getByRole('button', { name: t.create.submit, exact: true }).click();

  const secret = page.locator('[data-secret]');
  await expect(secret).toHaveText(/^sk-.{20,}$/);
  const key = (await secret.textContent()) ?? '';
  // A slip of the finger must not lose it.
  await page.keyboard.press('Escape');
  await expect(secret).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: t.secret.stored }).click();
  await expect(secret).toBeHidden();
  await expect(page.getByRole('row').filter({ hasText: 'batch' })).toBeVisible();
  expect((await router.chat('alpha/quick', 'Is the key good?', {}, key)).status).toBe(200);
});

test('a key is changed with its difference first, rotated, and revoked by its name', async ({ page, start, texts }) => {
  const t = texts.keys;
  const router = await start();
  const made = await router.api('POST', '/api-keys', { name: 'batch', requests_per_minute: 60 });
  const { id, key } = (await made.json()) as { id: number; key: string };
  await router.chat('alpha/quick', 'One call of its own.', {}, key);
  await page.goto(`${router.url}/ui/keys?key=${id}`);
  const drawer = drawerOf(page);
  await expect(drawer.getByText('alpha/quick')).toBeVisible();
  await fits(page);
  await axe(page);

  await drawer.getByRole('button', { name: t.drawer.edit, exact: true }).click();
  await drawer.getByLabel(t.form.requests, { exact: true }).fill('90');
  await drawer.getByRole('button', { name: t.edit.review }).click();
  await expect(drawer.getByText('requests_per_minute', { exact: true })).toBeVisible();
  await expect(drawer.getByText('60', { exact: true })).toBeVisible();
  await expect(drawer.getByText('90', { exact: true })).toBeVisible();
  await axe(page);
  await drawer.getByRole('button', { name: t.edit.save, exact: true }).click();
  await expect(drawer.getByText('90 rpm').first()).toBeVisible();

  await drawer.getByRole('button', { name: t.drawer.rotate, exact: true }).click();
  const rotation = page.getByRole('dialog', { name: t.rotate.title.replace('{name}', 'batch') });
  await rotation.getByLabel(t.rotate.grace).selectOption('0');
  await rotation.getByRole('button', { name: t.rotate.submit, exact: true }).click();
  await expect(page.locator('[data-secret]')).toBeVisible();
  await expect(page.getByText(t.secret.previousGone)).toBeVisible();
  await page.getByRole('button', { name: t.secret.stored }).click();

  await drawer.getByRole('button', { name: t.drawer.revoke, exact: true }).click();
  const end = page.getByRole('dialog', { name: t.revoke.title.replace('{name}', 'batch') });
  await expect(end.getByRole('button', { name: t.revoke.submit })).toBeDisabled();
  await end.getByRole('textbox').fill('batch');
  await axe(page);
  await end.getByRole('button', { name: t.revoke.submit }).click();
  await expect(drawer.getByText(t.state.revoked).first()).toBeVisible();
  await expect(drawer.getByRole('button', { name: t.drawer.edit, exact: true })).toBeHidden();
});

test('rows are found and walked with the keyboard alone', async ({ page, start, texts, isNarrow }) => {
  test.skip(isNarrow, 'a phone has no such keys');
  const router = await start();
  await page.goto(`${router.url}/ui/keys`);
  await expect(page.getByRole('row').filter({ hasText: 'team' })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('team');
  await expect(page.getByRole('row').filter({ hasText: 'sk-the-key-of-an' })).toBeHidden();
  await page.getByRole('row').filter({ hasText: 'team' }).focus();
  await page.keyboard.press('Enter');
  await expect(drawerOf(page).getByText(texts.keys.drawer.inFile)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawerOf(page)).toBeHidden();
});
