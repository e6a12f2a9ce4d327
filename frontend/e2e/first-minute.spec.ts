import { axe, expect, fits, test } from './fixtures.ts';
import { config } from './router.ts';

/** A demo that takes as long as one needs to see it run. */
const toml = config.replace('token_interval_ms = 4', 'token_interval_ms = 150');

test('the first minute: one click makes a call that is seen under way and then with its trace', async ({
  page,
  start,
  texts,
}) => {
  const { first } = texts.overview;
  const { empty, running, title } = texts.calls;
  const router = await start({ toml });
  await page.goto(`${router.url}/`);
  await expect(page.getByRole('heading', { name: first.title })).toBeVisible();
  await expect(page.getByText(first.runsLocal)).toBeVisible();
  await expect(page.getByText('FAR_AWAY_KEY').filter({ visible: true }).first()).toBeVisible();
  await page.getByRole('button', { name: first.demo }).click();

  // Under Calls it runs first, in place of the panel that said how to make it.
  await expect(page).toHaveURL(/\/ui\/calls/);
  const line = page.getByRole('region', { name: running.label }).getByRole('listitem');
  await expect(line).toContainText('alpha/story');
  await expect(page.getByText(empty.underWay)).toBeVisible();
  await expect(page.getByRole('heading', { name: first.title })).toBeHidden();
  await fits(page);

  // At its end it becomes a row and opens by itself.
  await expect(page).toHaveURL(/call=\d+/);
  const drawer = page.getByRole('dialog');
  for (const name of [texts.call.timing.title, texts.call.route.title]) {
    await expect(drawer.getByRole('heading', { name, exact: true })).toBeVisible();
  }
  await expect(drawer.getByText('The ferry left the harbour').first()).toBeVisible();
  await expect(page.locator('[data-row]')).toHaveCount(1);
  await fits(page);
  await axe(page);
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
});
