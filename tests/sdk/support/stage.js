// What every test file needs: an upstream, a router in front of it, and the SDK in front of that.

import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

import { KEY_NAME, UPSTREAM_KEY, routerToml } from './config.js';
import { startRouter } from './router.js';
import { startUpstream } from './upstream.js';

/** For a group of tests, and for each of them. */
export const LIMITS = { timeout: 60_000 };

export async function openStage(others = []) {
  const upstream = await startUpstream();
  try {
    const router = await startRouter(routerToml(upstream.url, others), { [KEY_NAME]: UPSTREAM_KEY });
    return new Stage(upstream, router);
  } catch (error) {
    await upstream.close();
    throw error;
  }
}

class Stage {
  constructor(upstream, router) {
    this.upstream = upstream;
    this.router = router;
    this.client = this.clientWith({});
  }

  /** A client as a user would make one; the SDK wants a key, whichever. */
  clientWith(options) {
    const baseURL = `${this.router.url}/v1`;
    return new OpenAI({ baseURL, apiKey: 'dummy', maxRetries: 0, ...options });
  }

  /** The same of Anthropic's SDK. */
  anthropicWith(options) {
    return new Anthropic({ baseURL: this.router.url, apiKey: 'dummy', maxRetries: 0, ...options });
  }

  /** The same of Google's SDK. */
  googleWith(httpOptions) {
    return new GoogleGenAI({ apiKey: 'dummy', httpOptions: { baseUrl: this.router.url, ...httpOptions } });
  }

  /** A client of Ollama's. */
  ollama() {
    return new Ollama({ host: this.router.url });
  }

  /** Asserts that the router ends cleanly, each call recorded, and that it has kept the provider's key to itself. */
  async close() {
    try {
      const code = await this.router.stop();
      assert.equal(code, 0, `exit code ${code} after SIGTERM; the log:\n${this.router.log}`);
      assert.ok(!this.router.log.includes(UPSTREAM_KEY), 'the provider key is in the log');
    } finally {
      await this.upstream.close();
    }
  }
}
