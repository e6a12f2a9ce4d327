import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { pages } from '../src/app/pages.ts';
import { dayToml, plan, unanswered, Workstation } from './day.ts';
import { test as base, expect } from './fixtures.ts';
import { writeHistory } from './history.ts';
import { Router } from './router.ts';
import { newestWith } from './seed.ts';

/** `make screenshots`: every page, wide in English and light, wide and narrow in Chinese and dark. */
const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const test = base.extend<object, { day: Router }>({
  day: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern.
    async ({}, use) => {
      const workstation = await Workstation.start();
      const router = await Router.start({ toml: dayToml(workstation.url) });
      await writeHistory(router, plan);
      // These are in flight until the router ends.
      const waiting = unanswered.map((prompt) =>
        router
          .chat('workstation/qwen3.8-32b', prompt, { stream: true }, 'sk-team-notebooks-0123456789')
          .catch(() => {}),
      );
      await use(router);
      await router.remove();
      await Promise.all(waiting);
      await workstation.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.use({ expectedErrors: /./ });

for (const { id, path } of pages.filter(({ id }) => id !== 'playground')) {
  test(`the page ${id}`, async ({ page, day, texts, lang, theme }) => {
    await page.goto(`${day.url}${path}`);
    await expect(page.getByRole('heading', { level: 1, name: texts.app.pages[id] })).toBeVisible();
    await take(page, `${id}-${lang}-${theme}`);
  });
}

test('the Playground with an answer', async ({ page, day, texts, lang, theme }) => {
  const call = await newestWith(day, 'model_name=qwen3.8-32b&status=success&q=retry_after');
  await page.goto(`${day.url}/ui/playground?call=${call}`);
  await page.getByRole('button', { name: texts.playground.form.send, exact: true }).click();
  await expect(page.getByText('MIN_WAIT').first()).toBeVisible();
  await take(page, `playground-${lang}-${theme}`);
});

test('a call', async ({ page, day, lang, theme }) => {
  const call = await newestWith(day, 'min_attempts=2&model_name=gpt-5.4');
  await page.goto(`${day.url}/ui/calls?call=${call}`);
  await expect(page.getByRole('complementary').or(page.getByRole('dialog')).first()).toBeVisible();
  await take(page, `call-${lang}-${theme}`);
});

async function take(page: Page, name: string): Promise<void> {
  await mkdir(images, { recursive: true });
  await settled(page);
  const width = page.viewportSize()?.width ?? 0;
  const path = join(images, width < 1440 ? `${name}-${width}.png` : `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
}

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  await page.evaluate(() => document.fonts.ready);
  // Skeletons are gone.
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  // So is what is loaded after the first rows, such as colours, and when a key was last used.
  await expect(async () => {
    const before = await loaded(page);
    await page.waitForTimeout(1500);
    expect(await loaded(page)).toBe(before);
  }).toPass({ timeout: 60_000 });
}

/** How many answers the page has had. */
function loaded(page: Page): Promise<number> {
  return page.evaluate(() => performance.getEntriesByType('resource').length);
}
