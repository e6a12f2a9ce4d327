import { defineConfig } from '@playwright/test';
import type { Options } from './e2e/fixtures.ts';

/** Debian's browser; `make test-console` installs it. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

export default defineConfig<Options>({
  testDir: 'e2e',
  testMatch: process.env.SCREENSHOTS ? 'screenshots.ts' : '*.spec.ts',
  outputDir: 'test-results',
  reporter: 'list',
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A busy machine is slow, not wrong.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath },
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
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
  ],
});
