import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from '../src/app/pages.ts';
import { expect, test } from './fixtures.ts';

/** `make screenshots`: every page, wide in English and light, narrow and wide in Chinese and dark. */
const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));

test.use({ expectedErrors: /./ });

for (const { id, path } of pages) {
  test(`the page ${id}`, async ({ page, seeded, texts, lang, theme }) => {
    await mkdir(images, { recursive: true });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${seeded.router.url}${path}`);
    await expect(page.getByRole('heading', { level: 1, name: texts.app.pages[id] })).toBeVisible();
    await page.waitForLoadState('load');
    await page.evaluate(() => document.fonts.ready);
    // Skeletons are gone.
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    await page.screenshot({ path: join(images, `${id}-${lang}-${theme}.png`), animations: 'disabled' });
  });
}
