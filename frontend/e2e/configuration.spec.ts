import { axe, expect, fits, test } from './fixtures.ts';
import { config } from './router.ts';

test('a file with a mistake is told with its place, while the last good one serves', async ({ page, start, texts }) => {
  const t = texts.configuration;
  const router = await start();
  await page.goto(`${router.url}/ui/configuration`);
  const file = page.getByRole('region', { name: 'router.toml' });
  await expect(file.getByText(t.file.state.current)).toBeVisible();
  await fits(page);
  await axe(page);

  await router.configure(config.replace('provider = "beta"', 'provider = "bete"'));
  await expect(page.getByText(t.file.refused)).toBeVisible();
  await expect(page.getByText(/router\.toml:\d+:\d+/).first()).toBeVisible();
  await expect(page.getByText('did you mean `beta`').first()).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: t.kind.config_refused })).toBeVisible();
  await axe(page);

  await router.configure(config.replace('name = "unpriced"', 'name = "renamed"'));
  await expect(page.getByText('beta/renamed').first()).toBeVisible();
  await expect(page.getByText(t.file.refused)).toBeHidden();
});

test('the journal is narrowed, and an event shows its difference', async ({ page, start, texts }) => {
  const t = texts.configuration;
  const router = await start();
  await router.api('PATCH', '/models/alpha/quick', { display_name: 'Quicker' });
  await page.goto(`${router.url}/ui/configuration`);
  await page.getByRole('radio', { name: t.journal.of.reloads, exact: true }).check();
  await expect(page.getByRole('row').filter({ hasText: t.kind.model_changed })).toBeHidden();
  await page.getByRole('radio', { name: t.journal.of.changes, exact: true }).check();
  await page.getByRole('row').filter({ hasText: t.kind.model_changed }).click();
  const drawer = page.locator('[data-drawer]');
  await expect(drawer.getByText('Quicker')).toBeVisible();
  await fits(page);
  await axe(page);
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
});

test('what runs is shown as the file would say it, without secrets', async ({ page, seeded, texts }) => {
  const t = texts.configuration.running;
  await page.goto(`${seeded.router.url}/ui/configuration?part=keys`);
  const text = page.getByLabel(t.keys, { exact: true });
  await expect(text.getByText('name = "team"')).toBeVisible();
  await expect(text).not.toContainText('sk-the-key-of-a-user');
});
