import { keys, type Router } from './router.ts';

const prompts = [
  'Summarize the minutes of Tuesday in three sentences.',
  'Translate "the harbour opens at six" into Chinese.',
  'Why does this test fail only on Mondays?',
  '把这段话缩短到五十个字以内。',
  'Write a regular expression for ISO dates, and explain each part.',
];

/** What was sent, for stories that count. */
export interface Seeded {
  calls: number;
  failed: number;
}

/** Calls of every kind: whole and streamed, by key and local, failed, saved by a fallback, without a price. */
export async function seed(router: Router): Promise<Seeded> {
  const plan: [model: string, more: Record<string, unknown>, key?: string][] = [
    ...repeat(8, ['alpha/quick', {}]),
    ...repeat(4, ['alpha/quick', {}, keys.user]),
    ...repeat(6, ['alpha/story', { stream: true }, keys.user]),
    ...repeat(3, ['beta/slow', { stream: true }, keys.admin]),
    ...repeat(2, ['beta/unpriced', {}]),
    ...repeat(2, ['best', {}]),
    ...repeat(2, ['gamma/broken', {}, keys.user]),
    ['gamma/busy', {}, keys.admin],
  ] as [string, Record<string, unknown>, string?][];
  let failed = 0;
  for (const [index, [model, more, key]] of plan.entries()) {
    const answer = await router.chat(model, prompts[index % prompts.length] ?? '', more, key);
    if (!answer.ok) failed += 1;
  }
  await allRecorded(router, plan.length);
  return { calls: plan.length, failed };
}

/** Waits until that many calls can be read. */
export async function allRecorded(router: Router, calls: number): Promise<void> {
  for (;;) {
    const { total } = await router.get<{ total: number }>('/monitor/invocations?limit=1');
    if (total >= calls) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function repeat<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

/** The ids of the newest calls, newest first. */
export async function newest(router: Router, count: number): Promise<number[]> {
  const { items } = await router.get<{ items: { id: number }[] }>(`/monitor/invocations?limit=${count}`);
  return items.map(({ id }) => id);
}

/** The newest call of those that a filter lets through. */
export async function newestWith(router: Router, filter: string): Promise<number | undefined> {
  const { items } = await router.get<{ items: { id: number }[] }>(`/monitor/invocations?limit=1&${filter}`);
  return items[0]?.id;
}
