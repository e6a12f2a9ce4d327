import { axe, expect, fits, test } from './fixtures.ts';

test('models are found by what they can, and one opens with its figures', async ({ page, seeded, texts, isNarrow }) => {
  const t = texts.models;
  await page.goto(`${seeded.router.url}/ui/models`);
  await expect(page.getByRole('heading', { level: 1, name: texts.app.pages.models })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'quick' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'far' }).getByText(texts.entries.standing.noKey)).toBeVisible();
  const filter = page.getByRole('combobox', { name: texts.app.filter.label });
  await filter.fill('tag:writing');
  await filter.press('Enter');
  await expect(page).toHaveURL(/tag=writing/);
  await expect(page.getByRole('row').filter({ hasText: 'quick' })).toBeHidden();
  await fits(page);
  await axe(page);
  await page.getByRole('row').filter({ hasText: 'story' }).press('Enter');
  await expect(page.getByRole('heading', { name: t.drawer.figures })).toBeVisible();
  await expect(page.getByLabel(t.field.context, { exact: true })).toHaveValue('32k');
  await axe(page);
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/model=/);
  if (!isNarrow) {
    await page.getByText(t.view.cards, { exact: true }).click();
    await expect(page.getByRole('listitem').filter({ hasText: 'story' })).toBeVisible();
  }
});

test('a change is seen as text of router.toml before it is saved', async ({ page, start, texts }) => {
  const router = await start();
  const t = texts.models;
  await page.goto(`${router.url}/ui/models?model=alpha/quick`);
  await page.getByLabel(t.field.tags, { exact: true }).fill('chat, small');
  await page.getByLabel(t.field.input, { exact: true }).fill('not a number');
  await expect(page.getByText(texts.entries.form.error.number)).toBeVisible();
  await page.getByLabel(t.field.input, { exact: true }).fill('1.5');
  await page.getByRole('button', { name: texts.entries.form.review }).click();
  const review = page.getByRole('dialog', { name: t.drawer.change.replace('{name}', 'alpha/quick') });
  await expect(review.getByText('tags = ["chat", "small"]')).toBeVisible();
  await expect(review.getByText('cost_per_1k_tokens = 0.0015')).toBeVisible();
  await axe(page);
  await review.getByRole('button', { name: texts.app.action.save }).click();
  await expect(review).toBeHidden();
  const model = await router.get<{ tags: string[]; config: Record<string, unknown> }>('/models/alpha/quick');
  expect(model.tags).toEqual(['chat', 'small']);
  expect(model.config).toMatchObject({ cost_per_1k_tokens: 0.0015, cost_per_1k_completion_tokens: 0.004 });
});

test('what is not saved is not lost without a word', async ({ page, start, texts }) => {
  const router = await start();
  await page.goto(`${router.url}/ui/models?model=alpha/quick`);
  await page.getByLabel(texts.models.field.displayName, { exact: true }).fill('Quicker');
  await page.keyboard.press('Escape');
  const guard = page.getByRole('dialog', { name: texts.entries.guard.title });
  await guard.getByRole('button', { name: texts.entries.guard.stay }).click();
  await expect(page.getByLabel(texts.models.field.displayName, { exact: true })).toHaveValue('Quicker');
});

test('many models get a tag, and each says what came of it', async ({ page, start, texts }) => {
  const router = await start();
  const t = texts.models;
  await page.goto(`${router.url}/ui/models?view=cards&provider=alpha`);
  for (const name of ['alpha/quick', 'alpha/story']) {
    await page.getByLabel(t.select.one.replace('{name}', name)).check();
  }
  await page.getByRole('button', { name: t.bulk.addTag }).click();
  await page.getByLabel(t.bulk.tag, { exact: true }).fill('evening');
  await page.keyboard.press('Enter');
  await expect(page.getByText(texts.entries.job.done.replace('{done}', '2').replace('{all}', '2'))).toBeVisible();
  await fits(page);
  const models = await router.get<{ name: string; tags: string[] }[]>('/models/alpha');
  expect(models.every(({ tags }) => tags.includes('evening'))).toBe(true);
});

test('a model is added, called and deleted', async ({ page, start, texts }) => {
  const router = await start();
  const t = texts.models;
  await page.goto(`${router.url}/ui/models?add=alpha`);
  await page.getByLabel(t.new.name, { exact: true }).fill('new/one');
  await page.getByRole('button', { name: t.new.create }).last().click();
  await expect(page).toHaveURL(/model=alpha\/new\/one/);
  expect((await router.chat('alpha/new/one', 'Are you there?')).status).toBe(200);
  await page.getByRole('button', { name: t.drawer.delete }).click();
  await page.getByRole('dialog').getByRole('button', { name: t.delete.action, exact: true }).click();
  await expect(page).not.toHaveURL(/model=/);
  expect((await router.api('GET', '/models/alpha/new/one')).status).toBe(404);
});
