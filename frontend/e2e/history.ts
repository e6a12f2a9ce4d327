import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Router } from './router.ts';

const script = fileURLToPath(new URL('history.py', import.meta.url));

/** What calls of the last days were made, and how they went. */
export interface Plan {
  calls: number;
  days: number;
  /** Whether they come evenly, or as people work. */
  is_even: boolean;
  /** The newest of them have bodies and a trace. */
  told: number;
  /** By `provider/model`. `fails`: the share of calls; `cached`: how well prompts are cached, 0 to 1. */
  models: Record<
    string,
    {
      weight: number;
      first_ms: number;
      per_second: number;
      fails: number;
      prompt: number;
      completion: number;
      cached: number;
      fallback?: string;
    }
  >;
  /** The share of each key's name; that of an empty name is of programs on this machine. */
  callers: Record<string, number>;
  failures: [code: string, httpStatus: number, message: string, share: number][];
  /** Hours before now in which more fails. */
  incidents: { models: string[]; from: number; to: number; fails: number }[];
  texts: [prompt: string, answer: string][];
  events: [
    hoursAgo: number,
    kind: string,
    subject: string,
    actor: string,
    summary: string,
    before: string | null,
    after: string | null,
  ][];
}

/** Stops the router, writes the calls into its database, and starts it again. */
export async function writeHistory(router: Router, plan: Plan): Promise<void> {
  await router.stop();
  await new Promise<void>((resolve, reject) => {
    const python = spawn('python3', ['-B', script, join(router.folder, 'llm_router.db')], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    python.on('error', reject);
    python.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`history.py ended with ${code}`))));
    python.stdin.end(JSON.stringify(plan));
  });
  for (let tries = 1; ; tries += 1) {
    try {
      return await router.resume();
    } catch (error) {
      // A debug build on a busy machine takes longer for its first sums than it waits for itself.
      if (tries === 20 || !String(error).includes('locked')) throw error;
    }
  }
}
