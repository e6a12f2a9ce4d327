import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import type { Plan } from './history.ts';
import { writeHistory } from './history.ts';
import { newest } from './seed.ts';

/** `make bench-console`: how smooth the list of calls is with many of them, and how soon a large body can be read. */
const calls = Number(process.env.CONSOLE_CALLS ?? 100_000);

const toml = `
[recording]
max_body_bytes = 8000000

[[providers]]
name = "alpha"
type = "mock"

${['one', 'two', 'three', 'four', 'five', 'six']
  .map(
    (name) => `[[models]]
name = "${name}"
provider = "alpha"
[models.config]
cost_per_1k_tokens = 0.001
cost_per_1k_completion_tokens = 0.004
[models.config.mock]
text = "Read."
`,
  )
  .join('\n')}
`;

const profile = { weight: 1, first_ms: 400, per_second: 60, fails: 0.02, prompt: 900, completion: 200, cached: 1 };

const plan: Plan = {
  calls,
  days: 7,
  is_even: true,
  told: 0,
  models: Object.fromEntries(
    ['one', 'two', 'three', 'four', 'five', 'six'].map((name, at) => [
      `alpha/${name}`,
      { ...profile, weight: 6 - at, fallback: 'alpha/one' },
    ]),
  ),
  callers: { '': 1 },
  failures: [['upstream_overloaded', 503, 'provider `alpha`: answered 503', 1]],
  incidents: [],
  texts: [
    ['Summarize the minutes of Tuesday in three sentences.', 'The ferry keeps its timetable until the end of March.'],
    ['把这段话缩短到五十个字以内。', '渡轮早上六点离港。'],
  ],
  events: [],
};

test('many calls', async ({ page, start, texts }) => {
  test.setTimeout(600_000);
  const router = await start({ toml });
  await writeHistory(router, plan);
  await page.goto(`${router.url}/ui/calls?range=7d`);
  await expect(page.locator('[data-row]').first()).toBeVisible();
  await quiet(page);
  const table = page.getByRole('table', { name: texts.calls.title });
  await table.hover();

  await watchFrames(page);
  let last = 0;
  const began = Date.now();
  // 480 px are 15 rows; each page of the list is loaded on the way.
  for (let step = 0; step < 400; step += 1) {
    await page.mouse.wheel(0, 480);
    if (step % 20 === 19) last = await lastRow(page);
  }
  const seconds = (Date.now() - began) / 1000;
  const { longest, over, frames } = await framesOf(page);
  console.log(
    `wheel: ${calls} calls in the database, ${last} rows in ${seconds.toFixed(1)} s, ${frames} frames, ` +
      `the longest ${longest.toFixed(1)} ms, ${over} above 50 ms`,
  );
});

test('a body of 5 MB', async ({ page, start, texts }) => {
  test.setTimeout(600_000);
  const router = await start({ toml });
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index} ${'of a long prompt '.repeat(5)}`);
  await router.chat('alpha/one', lines.join('\n'));
  await expect.poll(async () => (await newest(router, 1)).length).toBe(1);
  const [id] = await newest(router, 1);
  const t = texts.app.json;
  const [loadAll = ''] = t.loadAll.split('{shown}');
  // What the page itself needs is loaded before.
  await page.goto(`${router.url}/ui/calls`);
  const row = page.locator(`[data-row="${id}"]`);
  await expect(row).toBeVisible();
  await quiet(page);

  await watchFrames(page);
  const began = Date.now();
  await row.click();
  await expect(page.getByRole('heading', { name: texts.calls.bodies.raw })).toBeVisible();
  const opened = Date.now() - began;
  const more = page.getByRole('button', { name: loadAll });
  await expect(more).toBeVisible();
  const shown = Date.now() - began;
  console.log(`5 MB: the call is open after ${opened} ms, its body after ${shown} ms, ${told(await framesOf(page))}`);

  await watchFrames(page);
  const wanted = Date.now();
  await more.click();
  await expect(more).toHaveCount(0);
  console.log(`5 MB: all of it after ${Date.now() - wanted} ms, ${told(await framesOf(page))}`);

  const body = page.getByRole('region', { name: texts.calls.bodies.request, exact: true });
  await body.hover();
  await watchFrames(page);
  for (let step = 0; step < 200; step += 1) await page.mouse.wheel(0, 480);
  console.log(`5 MB: scrolled, ${told(await framesOf(page))}`);
});

/** Until nothing was loaded for a second; the live stream stays open. */
async function quiet(page: Page): Promise<void> {
  const loaded = (): Promise<number> => page.evaluate(() => performance.getEntriesByType('resource').length);
  for (let before = -1, now = await loaded(); now !== before; ) {
    await page.waitForTimeout(1000);
    [before, now] = [now, await loaded()];
  }
}

interface Frames {
  frames: number;
  longest: number;
  over: number;
}

function told({ frames, longest, over }: Frames): string {
  return `${frames} frames, the longest ${longest.toFixed(1)} ms, ${over} above 50 ms`;
}

/** Notes how long it is from one frame to the next. */
async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = window as unknown as { frameTimes: number[]; isWatching: boolean };
    noted.frameTimes = [];
    if (noted.isWatching) return;
    noted.isWatching = true;
    let before = performance.now();
    const note = (): void => {
      const now = performance.now();
      noted.frameTimes.push(now - before);
      before = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
}

async function framesOf(page: Page): Promise<Frames> {
  const times = await page.evaluate(() => (window as unknown as { frameTimes: number[] }).frameTimes);
  return { frames: times.length, longest: Math.max(...times), over: times.filter((ms) => ms > 50).length };
}

/** The place in the list of the last row that is drawn. */
async function lastRow(page: Page): Promise<number> {
  const places = await page
    .locator('[data-row]')
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-index'))));
  return Math.max(0, ...places) + 1;
}
