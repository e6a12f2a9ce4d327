import { axe, expect, fits, test } from './fixtures.ts';

test('the figures of the range, what failed and who serves are seen at once', async ({ page, seeded, texts }) => {
  await page.goto(`${seeded.router.url}/`);
  await expect(page).toHaveURL(/\/ui\/overview/);
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.overview })).toBeVisible();
  const strip = page.getByLabel(texts.overview.strip.label);
  await expect(strip.getByText(String(seeded.calls.calls), { exact: true })).toBeVisible();
  const { t, failed } = { t: texts.overview, failed: seeded.calls.failed };
  await expect(strip.getByText(t.strip.failed.replace('{count}', String(failed)))).toBeVisible();
  for (const title of [t.traffic.title, t.duration.title, t.failures.title, t.providers.title, t.newest.title]) {
    await expect(page.getByRole('heading', { name: title, exact: true })).toBeVisible();
  }
  await expect(page.getByText('FAR_AWAY_KEY').first()).toBeVisible();
  await fits(page);
  await axe(page);
});

test('without a call the page says how to send the first', async ({ page, start, texts }) => {
  const router = await start();
  await page.goto(`${router.url}/ui/overview`);
  await expect(page.getByRole('heading', { name: texts.overview.first.title })).toBeVisible();
  await expect(page.getByText(`${router.url}/v1/chat/completions`).first()).toBeVisible();
  await fits(page);
  await axe(page);
});

test('a call appears by itself while one looks', async ({ page, start, texts }) => {
  const router = await start();
  await page.goto(`${router.url}/ui/overview`);
  await expect(page.getByRole('heading', { name: texts.overview.first.title })).toBeVisible();
  await router.chat('alpha/quick', 'Does it appear?');
  await expect(page.getByRole('heading', { name: texts.overview.traffic.title, exact: true })).toBeVisible();
});
