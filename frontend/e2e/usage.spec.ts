import { axe, expect, fits, test } from './fixtures.ts';

test('what was used, by whom and at which cost', async ({ page, seeded, texts, isNarrow }) => {
  const t = texts.usage;
  await page.goto(`${seeded.router.url}/ui/usage`);
  await expect(page.getByRole('button', { name: t.cards.open.replace('{name}', t.cards.cost) })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await expect(page.getByRole('row', { name: /alpha\/quick/ }).first()).toBeVisible();
  for (const title of [t.month.title, t.unpriced.title, t.caching.title]) {
    await expect(page.getByRole('heading', { name: title, exact: true })).toBeVisible();
  }
  await page.getByRole('button', { name: t.cards.open.replace('{name}', t.cards.calls) }).click();
  await expect(page).toHaveURL(/measure=calls/);
  if (!isNarrow) {
    await page.getByRole('button', { name: t.breakdown.prompt, exact: true }).click();
    await expect(page.getByRole('columnheader', { name: t.breakdown.prompt })).toHaveAttribute(
      'aria-sort',
      'descending',
    );
  }
  await fits(page);
  await axe(page);
});

test('a price is set and past calls are counted anew', async ({ page, start, texts }) => {
  const t = texts.usage;
  const router = await start();
  await router.chat('beta/unpriced', 'What does this cost?');
  await page.goto(`${router.url}/ui/usage`);
  await page.getByRole('button', { name: t.unpriced.setOf.replace('{name}', 'beta/unpriced') }).click();
  await page.getByLabel(t.price.input, { exact: true }).fill('2.4');
  await page.getByLabel(t.price.output, { exact: true }).fill('9.6');
  await axe(page);
  await page.getByRole('button', { name: t.price.save }).click();
  await expect(page.getByText(t.price.saved)).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: /1/ }).click();
  await expect(page.getByText(t.unpriced.none)).toBeVisible();
});
