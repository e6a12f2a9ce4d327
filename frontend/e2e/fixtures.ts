import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import type { Texts } from '../src/i18n/en/index.ts';
import en from '../src/i18n/en/index.ts';
import zh from '../src/i18n/zh/index.ts';
import { Router, type Setup } from './router.ts';
import { type Seeded, seed } from './seed.ts';

export { expect } from '@playwright/test';
export { keys } from './router.ts';

/** How the console looks; the projects of playwright.config.ts set it, a test may choose otherwise. */
export interface Options {
  lang: 'en' | 'zh';
  theme: 'light' | 'dark';
  /** Errors of the browser's console that a story provokes, such as a refused connection. */
  expectedErrors: RegExp | undefined;
}

interface Fixtures {
  /** The texts of the console in the language of the test. */
  texts: Texts;
  /** A router of the test's own, for what changes or stops it. It is gone after the test. */
  start: (setup?: Setup) => Promise<Router>;
  /** Whether the window is so narrow that the pages are laid out for it. */
  isNarrow: boolean;
}

interface WorkerFixtures {
  /** One router with calls in it, for stories that only look. */
  seeded: { router: Router; calls: Seeded };
}

export const test = base.extend<Options & Fixtures, WorkerFixtures>({
  lang: ['en', { option: true }],
  theme: ['light', { option: true }],
  expectedErrors: [undefined, { option: true }],

  seeded: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern.
    async ({}, use) => {
      const router = await Router.start();
      await use({ router, calls: await seed(router) });
      await router.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  texts: async ({ lang }, use) => use(lang === 'zh' ? zh : en),

  isNarrow: async ({ viewport }, use) => use((viewport?.width ?? 0) < 640),

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern.
  start: async ({}, use) => {
    const routers: Router[] = [];
    await use(async (setup) => {
      const router = await Router.start(setup);
      routers.push(router);
      return router;
    });
    await Promise.all(routers.map((router) => router.remove()));
  },

  // After `start`, so that the page is gone before its router.
  page: async ({ start: _, page, lang, theme, expectedErrors }, use) => {
    const problems: string[] = [];
    const note = (problem: string): void => {
      if (!expectedErrors?.test(problem)) problems.push(problem);
    };
    page.on('pageerror', (error) => note(`error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
    });
    await page.exposeFunction('noteReport', (report: string) => note(`content policy: ${report}`));
    await page.addInitScript(
      ([lang, theme]) => {
        localStorage.setItem('llm-router.lang', lang);
        localStorage.setItem('llm-router.theme', theme);
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
          const { noteReport } = window as unknown as { noteReport: (report: string) => void };
          noteReport(`${violatedDirective} ${blockedURI} ${sourceFile}`);
        });
      },
      [lang, theme] as const,
    );
    await use(page);
    expect(problems, 'errors in the browser').toEqual([]);
  },
});

/** No violation of axe's rules, on the page as it is. */
export async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, help, nodes }) => {
    const places = nodes.map(({ target, failureSummary }) => `  ${target.join(' ')}\n    ${failureSummary}`);
    return `${id}: ${help}\n${places.join('\n')}`;
  });
  expect(told.join('\n'), 'what axe found').toBe('');
}

/** The page itself never scrolls sideways; only what carries `data-scrolls` does. */
export async function fits(page: Page): Promise<void> {
  const { clientWidth, scrollWidth } = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    return { clientWidth, scrollWidth };
  });
  expect(scrollWidth, 'the page is wider than the window').toBeLessThanOrEqual(clientWidth);
}
