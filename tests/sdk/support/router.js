// The built router as a process of its own, in a directory of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { within } from './within.js';

const BUILT = fileURLToPath(new URL('../../../target/debug/llm-router', import.meta.url));
const BINARY = resolve(process.env.LLM_ROUTER_BIN || BUILT);
const START_MS = 10_000;
const STOP_MS = 10_000;

/** Starts the router with this router.toml and these variables; it inherits no others. */
export async function startRouter(toml, env) {
  await access(BINARY).catch(() => {
    throw new Error(`${BINARY} does not exist: run cargo build, or set LLM_ROUTER_BIN`);
  });
  const directory = await mkdtemp(join(tmpdir(), 'llm-router-sdk-'));
  await writeFile(join(directory, 'router.toml'), toml);
  const child = spawn(BINARY, ['--host', '127.0.0.1', '--port', '0'], {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const router = new Router(child, directory);
  try {
    router.url = await within(START_MS, 'the router listens', router.listening());
  } catch (error) {
    await router.abandon();
    throw error;
  }
  return router;
}

class Router {
  #child;
  #directory;
  #lines;
  #ended;
  #kill = () => this.#child.kill('SIGKILL');

  /** Where it listens, without a path. */
  url;
  /** What it has logged. */
  log = '';

  constructor(child, directory) {
    this.#child = child;
    this.#directory = directory;
    this.#ended = once(child, 'close');
    this.#ended.catch(() => {});
    this.#lines = createInterface({ input: child.stderr });
    this.#lines.on('line', (line) => {
      this.log += `${line}\n`;
    });
    // It must not outlive the test, however that ends.
    process.once('exit', this.#kill);
  }

  /** The first line from now on that holds this text. */
  says(text) {
    return new Promise((found) => {
      this.#lines.on('line', (line) => line.includes(text) && found(line));
    });
  }

  async listening() {
    const address = this.says('listening on ').then((line) => line.match(/http:\/\/[\d.]+:\d+/)[0]);
    const died = this.#ended.then(([code]) => {
      throw new Error(`the router ended with code ${code}:\n${this.log}`);
    });
    return Promise.race([address, died]);
  }

  /** Tells it to stop; answers its exit code, `null` where a signal ended it. */
  async stop() {
    this.#child.kill('SIGTERM');
    try {
      const [code] = await within(STOP_MS, 'the router stops after SIGTERM', this.#ended);
      return code;
    } finally {
      await this.abandon();
    }
  }

  async abandon() {
    this.#kill();
    process.off('exit', this.#kill);
    await rm(this.#directory, { recursive: true, force: true });
  }
}
