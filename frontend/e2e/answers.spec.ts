import { axe, expect, fits, test } from './fixtures.ts';
import { allRecorded, newest } from './seed.ts';

/** What would run, or fetch something, were it taken for HTML. */
const hostile = `<script>window.wasRun = 1</script>
<img src="x" onerror="window.wasRun = 1"> <iframe src="https://elsewhere.example/frame"></iframe>
<svg onload="window.wasRun = 1"></svg> <a href="javascript:window.wasRun = 1">anchor</a>

[a link](javascript:window.wasRun=1) [data](data:text/html,<script>parent.wasRun=1</script>)
![pixel](https://elsewhere.example/pixel.png)

<style>body { display: none }</style>`;

const toml = `
[recording]
max_body_bytes = 8000000

[[providers]]
name = "mock"
type = "mock"

[[models]]
name = "hostile"
provider = "mock"
[models.config.mock]
text = ${JSON.stringify(hostile)}
`;

test('an answer with HTML, scripts and remote images is shown as text, and nothing is fetched', async ({
  page,
  start,
  texts,
}) => {
  const router = await start({ toml });
  const image = { type: 'image_url', image_url: { url: 'https://elsewhere.example/of-the-request.png' } };
  const messages = [{ role: 'user', content: [{ type: 'text', text: hostile }, image] }];
  await router.api('POST', '/v1/chat/completions', { model: 'mock/hostile', messages, user: '<b>user</b>' });
  await router.chat('<img src=x onerror=window.wasRun=1>', hostile);
  await allRecorded(router, 2);
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(`${router.url}/`) || /^(blob|data):/.test(request.url());
    if (!isOwn) elsewhere.push(request.url());
  });

  await page.goto(`${router.url}/ui/calls`);
  await expect(page.getByRole('table', { name: texts.calls.title })).toBeVisible();
  for (const id of await newest(router, 2)) {
    await page.goto(`${router.url}/ui/calls?call=${id}`);
    await expect(page.getByRole('heading', { name: texts.calls.bodies.conversation })).toBeVisible();
    await expect(page.getByText('window.wasRun = 1').first()).toBeVisible();
    await axe(page);
  }
  const found = await page.evaluate(() => ({
    wasRun: (window as unknown as { wasRun?: number }).wasRun,
    frames: document.querySelectorAll('iframe, object, embed').length,
    links: [...document.querySelectorAll('a')]
      .map(({ href }) => href)
      .filter((href) => /^(javascript|data):/i.test(href)),
    images: [...document.images].map(({ src }) => src).filter((src) => src.includes('elsewhere')),
  }));
  expect(found).toEqual({ wasRun: undefined, frames: 0, links: [], images: [] });
  expect(elsewhere).toEqual([]);
});

test('a body of 5 MB opens, and scrolls to its end', async ({ page, start, texts }) => {
  const router = await start({ toml });
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index} ${'of a long prompt '.repeat(5)}`);
  await router.chat('mock/hostile', lines.join('\n'));
  await allRecorded(router, 1);
  const [id] = await newest(router, 1);
  await page.goto(`${router.url}/ui/calls?call=${id}`);
  const t = texts.app.json;
  await expect(page.getByRole('heading', { name: texts.calls.bodies.raw })).toBeVisible();
  const [loadAll = ''] = t.loadAll.split('{shown}');
  await page.getByRole('button', { name: loadAll }).click();
  await expect(page.getByRole('button', { name: loadAll })).toHaveCount(0);

  const body = page.getByRole('region', { name: texts.calls.bodies.request, exact: true });
  await body.focus();
  await page.keyboard.press('End');
  await expect(
    body
      .getByText('"mock/hostile"')
      .or(body.getByText('}', { exact: true }))
      .last(),
  ).toBeVisible();
  await fits(page);
});
