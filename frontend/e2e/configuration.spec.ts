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

test('a sync tells first what it would change, entry by entry', async ({ page, start, texts }) => {
  const t = texts.configuration;
  const router = await start();
  await page.goto(`${router.url}/ui/configuration`);
  await expect(page.getByText(t.file.state.current).filter({ visible: true }).first()).toBeVisible();
  // The router takes a file by itself, but holds back one that removes so much: it may be half-written.
  const less =
    config.slice(0, config.indexOf('[[models]]\nname = "story"')) + config.slice(config.indexOf('[routing.aliases]'));
  await page.route('**/config/preview', async (route) => {
    await router.configure(less.replace('display_name = "Quick"', 'display_name = "Quicker"'));
    await route.continue();
  });
  await page.getByRole('button', { name: t.sync.open, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: t.sync.title });
  await expect(dialog.getByText('display_name', { exact: true })).toBeVisible();
  await expect(dialog.getByText('Quicker', { exact: true })).toBeVisible();
  await expect(dialog.getByRole('heading', { name: 'alpha/story' })).toContainText(texts.app.plan.removed);
  await expect(dialog.getByText(t.sync.removedHint)).toBeVisible();
  await fits(page);
  await axe(page);
  await dialog.getByRole('button', { name: t.sync.submit }).click();
  await expect(dialog).toBeHidden();
  const models = await router.get<{ name: string; is_active: boolean }[]>('/models?include_inactive=true');
  expect(models.find(({ name }) => name === 'story')?.is_active).toBe(false);
});

test.describe('a refusal', () => {
  test.use({ expectedErrors: /status of 400/ });

  test('a file that would be rejected is not synced', async ({ page, start, texts }) => {
    const t = texts.configuration;
    const router = await start();
    await router.configure(config.replace('provider = "beta"', 'provider = "bete"'));
    await page.goto(`${router.url}/ui/configuration?sync=1`);
    const dialog = page.getByRole('dialog', { name: t.sync.title });
    await expect(dialog.getByText(t.sync.refused)).toBeVisible();
    await expect(dialog.getByText(/router\.toml:\d+:\d+/).first()).toBeVisible();
    await expect(dialog.getByRole('button', { name: t.sync.submit })).toBeDisabled();
    await axe(page);
  });
});

test('what runs is shown as the file would say it, without secrets', async ({ page, seeded, texts }) => {
  const t = texts.configuration.running;
  await page.goto(`${seeded.router.url}/ui/configuration?part=keys`);
  const text = page.getByLabel(t.keys, { exact: true });
  await expect(text.getByText('name = "team"')).toBeVisible();
  await expect(text).not.toContainText('sk-the-key-of-a-user');
});

test('the settings stand there with their defaults, and how long calls are kept', async ({ page, seeded, texts }) => {
  const t = texts.configuration;
  await page.goto(`${seeded.router.url}/ui/configuration`);
  await expect(page.getByLabel(t.running.settings, { exact: true }).getByText('max_attempts')).toBeVisible();
  await expect(page.getByText(t.database.keepDays, { exact: true })).toBeVisible();
  await fits(page);
  await axe(page);
});
