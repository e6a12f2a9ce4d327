import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Plan } from './history.ts';

/** A real installation on a working day, for pictures. No provider of it is called: the calls are written. */
export function dayToml(local: string): string {
  const nextWeek = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  return `
[recording]
bodies = true

[routing.aliases]
default = "openai/gpt-5.4"
quick = "tag:fast,cheap"
review = { target = "claude/claude-opus-5", strategy = "sticky", fallbacks = ["openai/gpt-5.5"] }

[[routing.pairs]]
name = "smart"
strong = "claude/claude-sonnet-5"
weak = "openai/gpt-5.4-mini"

[[providers]]
name = "openai"
type = "openai"
api_key = "sk-openai-one-0123456789,sk-openai-two-0123456789"

${model('openai', 'gpt-5.5', ['chat', 'coding', 'high-quality'], '400k', 0.005, 0.0005, 0.03)}
fallbacks = ["claude/claude-opus-5"]
${model('openai', 'gpt-5.4', ['chat', 'coding', 'general'], '400k', 0.0025, 0.00025, 0.015)}
fallbacks = ["claude/claude-sonnet-5"]
${model('openai', 'gpt-5.4-mini', ['chat', 'fast', 'cheap'], '400k', 0.00075, 0.000075, 0.0045)}
[models.rate_limit]
max_requests = 600
per_seconds = 60

[[providers]]
name = "claude"
type = "claude"
api_key = "sk-ant-0123456789"

${model('claude', 'claude-opus-5', ['chat', 'coding', 'high-quality'], '500k', 0.005, 0.0005, 0.025)}
fallbacks = ["openai/gpt-5.5"]
${model('claude', 'claude-sonnet-5', ['chat', 'coding', 'general'], '500k', 0.002, 0.0002, 0.01)}
fallbacks = ["openai/gpt-5.4"]

[[providers]]
name = "gemini"
type = "gemini"
api_key = "gemini-0123456789"

${model('gemini', 'gemini-3.1-pro-preview', ['chat', 'long-context', 'analysis'], '1M', 0.002, 0.0002, 0.012)}
${model('gemini', 'gemini-2.5-flash', ['chat', 'fast', 'cheap', 'summary'], '1M', 0.0003, 0.00003, 0.0025)}

[[providers]]
name = "deepseek"
type = "deepseek"
api_key = "sk-deepseek-0123456789"

${model('deepseek', 'deepseek-v4-pro', ['chat', 'coding', 'reasoning'], '160k', 0.00132, 0.000044, 0.00396)}
fallbacks = ["openai/gpt-5.4"]

[[providers]]
name = "openrouter"
type = "openrouter"
api_key = "sk-or-0123456789"

${model('openrouter', 'mistralai/mistral-small-2603', ['chat', 'fast', 'translation'], '128k')}

[[providers]]
name = "kimi"
type = "kimi"
api_key_env = "MOONSHOT_API_KEY"

${model('kimi', 'kimi-k2.6', ['chat', 'coding'], '256k', 0.00095, 0.00016, 0.004)}

[[providers]]
name = "workstation"
type = "vllm"
base_url = "${local}/v1"

${model('workstation', 'qwen3.8-32b', ['chat', 'private', 'local'], '64k', 0, 0, 0)}

[[api_keys]]
key = "sk-team-editor-0123456789"
name = "editor"
requests_per_minute = 300
[api_keys.budget]
usd = 400
per = "month"

[[api_keys]]
key = "sk-team-support-0123456789"
name = "support-desk"
allowed_tags = ["chat"]
expires_at = "${nextWeek}"
[api_keys.budget]
usd = 12
per = "day"

[[api_keys]]
key = "sk-team-ci-0123456789"
name = "ci-bot"
allowed_models = ["openai/*", "workstation/*"]
[api_keys.parameter_limits]
max_tokens = 4096
[api_keys.budget]
tokens = 40000000
per = "month"

[[api_keys]]
key = "sk-team-notebooks-0123456789"
name = "notebooks"

[[api_keys]]
key = "sk-team-operations-0123456789"
name = "operations"
role = "admin"
`;
}

function model(
  provider: string,
  name: string,
  tags: string[],
  context: string,
  prompt?: number,
  cached?: number,
  completion?: number,
): string {
  const prices =
    prompt === undefined
      ? ''
      : `cost_per_1k_tokens = ${prompt}
cost_per_1k_cached_tokens = ${cached}
cost_per_1k_completion_tokens = ${completion}`;
  return `[[models]]
name = "${name}"
provider = "${provider}"
tags = ${JSON.stringify(tags)}
[models.config]
context_window = "${context}"
supports_tools = true
${prices}`;
}

function shape(
  weight: number,
  [first_ms, per_second]: [number, number],
  [prompt, completion]: [number, number],
  fails: number,
  fallback?: string,
): Plan['models'][string] {
  return { weight, first_ms, per_second, prompt, completion, fails, cached: 1, ...(fallback ? { fallback } : {}) };
}

export const plan: Plan = {
  calls: 15_000,
  days: 29.5,
  is_even: false,
  told: 1000,
  models: {
    'openai/gpt-5.4': shape(26, [620, 82], [3200, 380], 0.012, 'claude/claude-sonnet-5'),
    'claude/claude-sonnet-5': shape(22, [880, 74], [5200, 520], 0.015, 'openai/gpt-5.4'),
    'openai/gpt-5.4-mini': shape(17, [310, 140], [1400, 180], 0.006),
    'gemini/gemini-2.5-flash': shape(12, [280, 190], [2600, 240], 0.01),
    'claude/claude-opus-5': shape(7, [1450, 48], [7800, 900], 0.02, 'openai/gpt-5.5'),
    'deepseek/deepseek-v4-pro': shape(6, [1900, 41], [2400, 760], 0.04, 'openai/gpt-5.4'),
    'workstation/qwen3.8-32b': shape(5, [240, 36], [900, 210], 0.03),
    'openai/gpt-5.5': shape(4, [1200, 60], [6400, 840], 0.012, 'claude/claude-opus-5'),
    'gemini/gemini-3.1-pro-preview': shape(3, [1600, 66], [14000, 700], 0.02),
    'openrouter/mistralai/mistral-small-2603': shape(1, [420, 95], [700, 160], 0.02),
  },
  callers: { editor: 40, 'support-desk': 22, 'ci-bot': 18, notebooks: 12, '': 8 },
  failures: [
    ['upstream_overloaded', 503, 'the provider answered 503: overloaded, please try again', 6],
    ['upstream_rate_limited', 429, 'the provider answered 429: rate limit reached for requests', 4],
    ['upstream_timeout', 504, 'no answer began within 60 s', 2],
    ['context_length_exceeded', 400, 'the prompt is longer than the context of the model', 1],
  ],
  incidents: [{ models: ['claude/claude-sonnet-5', 'claude/claude-opus-5'], from: 5.1, to: 4.2, fails: 0.6 }],
  texts: [
    [
      'Why does `retry_after` of 0 end in a loop without a pause? Here is the function that computes it.',
      'The wait is computed before the jitter is added, and a wait of 0 times any factor is 0.\n\n```rust\nlet wait = retry_after.max(MIN_WAIT) + jitter(attempt);\n```\n\nWith a floor of 100 ms the loop has a pause again. A test with a clock of its own would have shown it.',
    ],
    [
      'Summarize the minutes of Tuesday for those who were not there. Three sentences, no names.',
      'The winter timetable is kept until the end of March. The ticket machine on the pier is replaced in December. Who needs a place for a bicycle books it the day before.',
    ],
    [
      '把这段说明缩短到五十个字以内，保留日期和地点。',
      '冬季时刻表沿用至三月底。码头售票机将于十二月更换。自行车位须提前一天预订。',
    ],
    [
      'A customer writes that her parcel has been "in transit" for nine days. Draft a reply, friendly and short.',
      'Dear Ms Okafor, nine days are too long, and I am sorry. I have asked the carrier where the parcel is and will write to you by tomorrow noon, with a date or with a new parcel.',
    ],
    [
      'Write a SQL query for the ten customers with the highest revenue of each month of this year.',
      'A window function ranks the customers of each month:\n\n```sql\nSELECT * FROM (\n  SELECT month, customer_id, revenue,\n         rank() OVER (PARTITION BY month ORDER BY revenue DESC) AS place\n  FROM monthly_revenue\n) WHERE place <= 10;\n```',
    ],
    [
      'Review this diff. Only faults, no style.',
      'One fault: the lock is taken before the file is opened, so an error leaves it locked.',
    ],
    [
      'Translate to French: The harbour opens at six, and the first ferry leaves ten minutes later.',
      'Le port ouvre à six heures, et le premier ferry part dix minutes plus tard.',
    ],
    ['Which of these tickets belong together? Answer as JSON.', '{"groups": [[4211, 4215, 4240], [4222, 4231]]}'],
  ],
  events: [
    [
      5.05,
      'circuit.opened',
      'claude/claude-opus-5',
      'router',
      'model `claude/claude-opus-5` is cooling down (circuit open): 5 failures in 30 s',
      '{"circuit":"closed"}',
      '{"circuit":"open"}',
    ],
    [
      4.15,
      'circuit.closed',
      'claude/claude-opus-5',
      'router',
      'model `claude/claude-opus-5` serves again (circuit closed): the probe succeeded',
      '{"circuit":"half-open"}',
      '{"circuit":"closed"}',
    ],
    [
      2.4,
      'model.changed',
      'openai/gpt-5.4-mini',
      'operations',
      'model `openai/gpt-5.4-mini` was changed: tags',
      '{"tags":["chat","fast"]}',
      '{"tags":["chat","cheap","fast"]}',
    ],
  ],
};

/** What the machine under the desk is asked in vain. */
export const unanswered = ['Name three ferries.', 'Translate the notice on the pier.'];

const answer =
  'The wait is computed **before** the jitter is added, and a wait of 0 times any factor is 0.\n\n' +
  '```rust\nlet wait = retry_after.max(MIN_WAIT) + jitter(attempt);\n```\n\n' +
  'With a floor of 100 ms the loop has a pause again. A test with a clock of its own would have shown it.';

/** The machine under the desk. */
export class Workstation {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Workstation> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (request.method === 'GET') {
        response.writeHead(404).end('{}');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      // It thinks for as long as anybody waits.
      if (unanswered.some((prompt) => body.includes(prompt))) return;
      const send = (choices: object[], more: object = {}): void => {
        response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices, ...more })}\n\n`);
      };
      for (const content of answer.match(/\S+\s*/g) ?? []) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        send([{ index: 0, delta: { content } }]);
      }
      send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
      send([], { usage: { prompt_tokens: 64, completion_tokens: 71, total_tokens: 135 } });
      response.end('data: [DONE]\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Workstation(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
