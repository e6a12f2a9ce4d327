import { expect, test } from './fixtures.ts';
import type { Router } from './router.ts';
import { allRecorded } from './seed.ts';

test.use({ expectedErrors: /net::ERR_|Failed to fetch|status of 503/ });

/** Every id in the database, newest first. */
async function recorded(router: Router): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: { id: number }[]; next_cursor: string | null } = await router.get(
      `/monitor/invocations?limit=1000${more}`,
    );
    ids.push(...page.items.map(({ id }) => String(id)));
    cursor = page.next_cursor;
  }
  return ids;
}

/** Many calls, of which some fail because the router goes away under them. */
async function send(router: Router, count: number): Promise<void> {
  const at = async (from: number): Promise<void> => {
    for (let index = from; index < count; index += 8) {
      await router.chat('alpha/quick', `call ${index}`).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, from) => at(from)));
}

test('no call is missing or twice in the table after the router was stopped and started twice', async ({
  page,
  start,
  texts,
  isNarrow,
}) => {
  test.skip(isNarrow, 'the same list');
  test.setTimeout(300_000);
  const router = await start();
  await router.chat('alpha/quick', 'the first');
  await page.goto(`${router.url}/ui/calls`);
  await expect(page.locator('[data-row]')).toHaveCount(1);

  for (let round = 0; round < 2; round += 1) {
    await send(router, 500);
    const dying = send(router, 200);
    await router.stop();
    await dying;
    await router.resume();
    await send(router, 300);
  }
  await allRecorded(router, 1 + 2 * 800);
  // Calls that ended last are written within the second; how many died with the router is left open.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const expected = await recorded(router);
  await expect(page.locator(`[data-row="${expected[0]}"]`)).toBeVisible({ timeout: 90_000 });

  // Wheels through the whole list, and notes the row at each place.
  const table = page.getByRole('table', { name: texts.calls.title });
  await table.hover();
  const seen = new Map<number, string>();
  await expect
    .poll(
      async () => {
        for (let step = 0; step < 20; step += 1) {
          const rows = await page
            .locator('[data-row]')
            .evaluateAll((rows) =>
              rows.map((row) => [Number(row.getAttribute('data-index')), row.getAttribute('data-row') ?? ''] as const),
            );
          for (const [index, id] of rows) seen.set(index, id);
          await page.mouse.wheel(0, 480);
        }
        return seen.size;
      },
      { timeout: 120_000 },
    )
    .toBeGreaterThanOrEqual(expected.length);
  // Calls that end at once stand in the order of their ends while they come live, and of their beginnings later.
  const sorted = (ids: Iterable<string>): number[] => [...ids].map(Number).sort((one, other) => one - other);
  expect(sorted(seen.values())).toEqual(sorted(expected));
});
