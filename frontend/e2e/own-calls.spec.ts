import { axe, expect, keys, test } from './fixtures.ts';
import type { Router } from './router.ts';

// Without a session, and where a call is another key's.
test.use({ expectedErrors: /status of 40[134]/ });

interface List {
  items: { id: number; api_key: string | null }[];
}

/** All calls, as the admin sees them. */
async function recorded(router: Router, count: number): Promise<List['items']> {
  for (;;) {
    const answer = await router.api('GET', '/monitor/invocations', undefined, keys.admin);
    const { items } = (await answer.json()) as List;
    if (items.length >= count) return items;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the owner of a key sees its own calls and no others', async ({ page, start, texts }) => {
  const router = await start({ env: { LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH: 'false' } });
  await router.chat('alpha/quick', 'mine, the first', {}, keys.user);
  await router.chat('alpha/quick', 'of somebody else', {}, keys.admin);
  await router.chat('alpha/story', 'mine, the second', { stream: true }, keys.user);
  const items = await recorded(router, 3);
  const own = items.filter(({ api_key }) => api_key === 'team').map(({ id }) => String(id));
  const foreign = items.find(({ api_key }) => api_key === 'admin')?.id;

  await page.goto(`${router.url}/ui/calls`);
  await page.getByLabel(texts.app.login.key, { exact: true }).fill(keys.user);
  await page.keyboard.press('Enter');
  const rows = page.locator('[data-row]');
  await expect(rows).toHaveCount(2);
  expect(await rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-row')))).toEqual(own);
  await axe(page);

  // What happens while it looks, too.
  await router.chat('alpha/quick', 'of somebody else again', {}, keys.admin);
  await router.chat('alpha/quick', 'mine, the third', {}, keys.user);
  await expect(rows).toHaveCount(3);
  await expect(page.getByText('of somebody else')).toHaveCount(0);

  await page.goto(`${router.url}/ui/calls?call=${foreign}`);
  await expect(rows).toHaveCount(3);
  await expect(page.getByText('of somebody else')).toHaveCount(0);
});
