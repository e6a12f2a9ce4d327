import { expect, keys, test } from './fixtures.ts';
import { ReverseProxy } from './proxy.ts';

test.use({ expectedErrors: /status of 401/ });

for (const [way, isStripped] of [
  ['passes the path on', false],
  ['takes the path away', true],
] as const) {
  test(`the console works below a path, behind a proxy that ${way}`, async ({ page, start, texts, isNarrow }) => {
    const router = await start({ server: 'base_path = "/a/b/"' });
    const proxy = await ReverseProxy.start(router.url, '/a/b/', isStripped);
    try {
      const strays: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(`${proxy.url}/a/b/`)) strays.push(request.url());
      });
      await page.goto(`${proxy.url}/a/b/`);
      // Who comes through a proxy is not local.
      await page.getByLabel(texts.app.login.key, { exact: true }).fill(keys.admin);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.overview })).toBeVisible();
      expect(page.url()).toBe(`${proxy.url}/a/b/ui/overview`);
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ path: '/a/b/', httpOnly: true });

      // A page of its own chunk, by link and by address, and the live stream.
      await page.getByRole('link', { name: texts.app.pages.calls, exact: true }).first().click();
      await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.calls })).toBeVisible();
      expect(page.url()).toBe(`${proxy.url}/a/b/ui/calls`);
      await page.goto(`${proxy.url}/a/b/ui/models?range=7d`);
      await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.models })).toBeVisible();
      await page.goto(`${proxy.url}/a/b/ui/overview`);
      await expect(page.getByRole('heading', { name: texts.overview.first.title })).toBeVisible();
      await router.chat('alpha/quick', 'Does it come live?');
      await expect(page.getByRole('heading', { name: texts.overview.traffic.title, exact: true })).toBeVisible();

      // A change, which needs the cookie and the page's own origin.
      if (isNarrow) await page.getByRole('button', { name: texts.app.nav.more }).click();
      await page.getByRole('button', { name: texts.app.foot.logout }).click();
      await expect(page.getByLabel(texts.app.login.key, { exact: true })).toBeVisible();
      expect(await page.context().cookies()).toEqual([]);
      expect(strays).toEqual([]);
    } finally {
      await proxy.stop();
    }
  });
}

test('who comes to the router itself is led below the path', async ({ page, start, texts }) => {
  const router = await start({ server: 'base_path = "/a/b/"' });
  await page.goto(`${router.url}/ui/models?range=7d`);
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.models })).toBeVisible();
  expect(page.url()).toBe(`${router.url}/a/b/ui/models?range=7d`);
});
