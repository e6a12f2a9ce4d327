import { pages } from '../src/app/pages.ts';
import { expect, test } from './fixtures.ts';

// A router that is away refuses connections, or cuts them off.
test.use({ expectedErrors: /net::ERR_|Failed to fetch/ });

test('a router that goes away leaves the page as it was, and one that is back is noticed', async ({
  page,
  start,
  texts,
}) => {
  const router = await start();
  await router.chat('alpha/quick', 'before');
  await page.goto(`${router.url}/ui/overview`);
  const t = texts.app;
  const strip = page.getByLabel(texts.overview.strip.label);
  await expect(strip.getByText('1', { exact: true })).toBeVisible();

  await router.stop();
  // The figures stay, and say of when they are.
  const [stale = ''] = t.state.stale.split('{time}').slice(-1);
  await expect(page.getByText(stale).first()).toBeVisible();
  await expect(strip.getByText('1', { exact: true })).toBeVisible();

  await router.resume();
  await router.chat('alpha/quick', 'while nobody was connected');
  await expect(strip.getByText('2', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(stale)).toHaveCount(0);
});

test('another page opens while the router is away', async ({ page, start, texts }) => {
  const router = await start();
  await router.chat('alpha/quick', 'before');
  await page.goto(`${router.url}/ui/overview`);
  await expect(page.getByLabel(texts.overview.strip.label)).toBeVisible();
  const loaded = (): Promise<string[]> =>
    page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  for (const { id } of pages) await expect.poll(async () => (await loaded()).join(' ')).toContain(`/page-${id}-`);

  await router.stop();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.models })).toBeVisible();
  expect(page.url()).toBe(`${router.url}/ui/models`);
});
