import { axe, expect, fits, test } from './fixtures.ts';

test('an alias leads to its model and that to its fallback; a node filters', async ({
  page,
  seeded,
  texts,
  isNarrow,
}) => {
  const t = texts.routing;
  await page.goto(`${seeded.router.url}/ui/routing`);
  const routes = page.getByRole('region', { name: t.graph.title, exact: true });
  if (isNarrow) await routes.getByLabel(t.graph.ask).selectOption('best');
  else await routes.getByRole('button', { name: /^best/ }).click();
  await expect(page).toHaveURL(/node=ask:best/);
  await expect(routes.getByText('gamma/broken').first()).toBeVisible();
  await expect(routes.getByText('alpha/quick').first()).toBeVisible();
  await expect(routes.getByText('beta/slow')).toBeHidden();
  const share = page.getByRole('region', { name: t.share.title, exact: true });
  await expect(share.getByText('alpha/quick').first()).toBeVisible();
  await expect(share.getByText('beta/slow')).toBeHidden();
  await fits(page);
  await axe(page);
  await routes.getByRole('button', { name: t.graph.showAll }).click();
  await expect(share.getByText('beta/slow').first()).toBeVisible();
});

test('a request is explained without a call', async ({ page, seeded, texts }) => {
  const t = texts.routing.explain;
  await page.goto(`${seeded.router.url}/ui/routing`);
  const explain = page.getByRole('region', { name: t.title, exact: true });
  await explain.getByLabel(t.ask, { exact: true }).fill('best');
  await expect(explain.getByRole('listitem').filter({ hasText: 'alpha/quick' })).toBeVisible();
  await explain.getByLabel(t.ask, { exact: true }).fill('nowhere/nothing');
  await expect(explain.getByText('model_not_found')).toBeVisible();
  await axe(page);
});
