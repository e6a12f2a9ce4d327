import { defineConfig } from '@playwright/test';
import type { Options } from './e2e/fixtures.ts';

/** Debian's browser; `make test-console` installs it. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

/** The stories to run, in place of those of the pages. */
const stories = process.env.STORIES;

const wideDark = {
  name: '1440 zh dark',
  use: { lang: 'zh', theme: 'dark', viewport: { width: 1440, height: 900 } },
} as const;

export default defineConfig<Options>({
  testDir: 'e2e',
  testMatch: stories ?? '*.spec.ts',
  outputDir: 'test-results',
  reporter: 'list',
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A busy machine is slow, not wrong.
  timeout: 90_000,
  // The browser gives up whatever it loads while an address of the machine comes or goes, as with containers.
  retries: 1,
  expect: { timeout: 20_000 },
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath },
    timezoneId: 'UTC',
    trace: 'retain-on-first-failure',
  },
  projects: [
    {
      name: '1440 en light',
      use: { lang: 'en', theme: 'light', viewport: { width: 1440, height: 900 } },
    },
    {
      name: '360 zh dark',
      use: { lang: 'zh', theme: 'dark', viewport: { width: 360, height: 780 }, isMobile: true, hasTouch: true },
    },
    ...(stories === 'screenshots.ts' ? [wideDark] : []),
  ],
});
