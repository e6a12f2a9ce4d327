import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = process.env.LLM_ROUTER_BIN ?? fileURLToPath(new URL('../../target/debug/llm-router', import.meta.url));

/** Keys of the router.toml below. */
export const keys = { admin: 'sk-the-key-of-an-admin', user: 'sk-the-key-of-a-user' };

/** Providers that answer, fail and keep others waiting by themselves. */
export const config = `
[[providers]]
name = "alpha"
type = "mock"

[[models]]
name = "quick"
provider = "alpha"
display_name = "Quick"
tags = ["chat", "fast"]
[models.config]
context_window = "128k"
supports_tools = true
cost_per_1k_tokens = 0.001
cost_per_1k_completion_tokens = 0.004

[[models]]
name = "story"
provider = "alpha"
tags = ["chat", "writing"]
[models.config]
context_window = "32k"
cost_per_1k_tokens = 0.0025
cost_per_1k_completion_tokens = 0.01
[models.config.mock]
text = "The ferry left the harbour a little after six, and the bakery on the island had just opened."
tokens = 24
first_token_ms = 40
token_interval_ms = 4

[[providers]]
name = "beta"
type = "mock"

[[models]]
name = "slow"
provider = "beta"
tags = ["chat", "high-quality"]
[models.config]
cost_per_1k_tokens = 0.005
cost_per_1k_completion_tokens = 0.025
[models.config.mock]
first_token_ms = 250

[[models]]
name = "unpriced"
provider = "beta"
tags = ["chat"]

[[providers]]
name = "gamma"
type = "mock"

[[models]]
name = "broken"
provider = "gamma"
tags = ["chat"]
[models.config.mock]
error_rate = 1.0
error_status = 500

[[models]]
name = "busy"
provider = "gamma"
tags = ["chat"]
[models.config.mock]
error_rate = 1.0
error_status = 429
retry_after = 30

[[providers]]
name = "far"
type = "openai"
api_key_env = "FAR_AWAY_KEY"

[[models]]
name = "far"
provider = "far"

[routing.aliases]
best = { target = "gamma/broken", fallbacks = ["alpha/quick"] }

[[api_keys]]
key = "${keys.admin}"
name = "admin"
role = "admin"

[[api_keys]]
key = "${keys.user}"
name = "team"
`;

export interface Setup {
  /** The whole router.toml, in place of the usual one. */
  toml?: string;
  /** Lines under `[server]`. */
  server?: string;
  env?: Record<string, string>;
}

/** The real binary on a port of its own, with a folder of its own, which is gone with it. */
export class Router {
  readonly folder: string;
  readonly #env: Record<string, string>;
  #process: ChildProcess | undefined;
  #port = 0;

  private constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.#env = env;
  }

  static async start({ toml = config, server, env = {} }: Setup = {}): Promise<Router> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run cargo build`);
    const folder = await mkdtemp(join(tmpdir(), 'llm-router-e2e-'));
    const router = new Router(folder, env);
    await router.configure(server ? `[server]\n${server}\n${toml}` : toml);
    await router.resume();
    return router;
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Writes router.toml, which a running router takes within a second. */
  async configure(toml: string): Promise<void> {
    await writeFile(join(this.folder, 'router.toml'), toml);
  }

  /** Starts it again, on the same port and with the same database. */
  async resume(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(binary, ['--host', '127.0.0.1', '--port', String(this.#port)], {
      cwd: this.folder,
      env: { PATH, HOME, TMPDIR: this.folder, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        log += chunk.toString();
        const listening = /listening on http:\/\/[\d.]+:(\d+)/.exec(log);
        if (!listening) return;
        this.#port = Number(listening[1]);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`the router ended with ${code}:\n${log}`)));
    });
  }

  /** Stops it as a service manager does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    // Who watches live keeps a connection open; a second signal ends the wait for it.
    const impatient = setTimeout(() => child.kill('SIGTERM'), 2000);
    await ended;
    clearTimeout(impatient);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  readFile(name: string): Promise<Buffer> {
    return readFile(join(this.folder, name));
  }

  /** A request of a program on this machine, or of a key's owner. */
  async api(method: string, path: string, body?: unknown, key?: string): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (key) headers.authorization = `Bearer ${key}`;
    return fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  }

  /** A whole chat call, whatever its end. */
  async chat(model: string, prompt: string, more: Record<string, unknown> = {}, key?: string): Promise<Response> {
    const messages = [{ role: 'user', content: prompt }];
    const answer = await this.api('POST', '/v1/chat/completions', { model, messages, ...more }, key);
    await answer.clone().text();
    return answer;
  }

  async get<Answer>(path: string): Promise<Answer> {
    const answer = await this.api('GET', path);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }
}
