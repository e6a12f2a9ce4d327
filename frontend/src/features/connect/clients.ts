import { tomlKey, tomlString } from '@/lib/toml-text';

/** A file to write or lines for a shell, with what they need of the page. */
interface Lines {
  /** The file; absent where it is a shell's. */
  file?: string;
  language: 'bash' | 'json' | 'toml' | 'python';
  code: string;
}

export interface Client {
  id: 'claudeCode' | 'codex' | 'geminiCli' | 'ollama' | 'openCode' | 'openWebUi' | 'anthropicSdk';
  lines: Lines[];
}

export interface Router {
  /** With `/v1` at its end. */
  baseUrl: string;
  apiKey: string;
  /** What the client names: a model, an alias, tags, a pair or `auto`. */
  model: string;
}

/** The lines of docs/AGENTS.md with this router's address, the key and the model. */
export function clientsOf({ baseUrl, apiKey, model }: Router): Client[] {
  // Clients of these APIs write the version themselves.
  const root = baseUrl.replace(/\/v1$/, '');
  return [
    {
      id: 'claudeCode',
      lines: [
        shell(
          `export ANTHROPIC_BASE_URL=${word(root)}`,
          `export ANTHROPIC_AUTH_TOKEN=${word(apiKey)}`,
          `export ANTHROPIC_MODEL=${word(model)}`,
          `export ANTHROPIC_DEFAULT_HAIKU_MODEL=${word(model)}`,
          'claude',
        ),
      ],
    },
    {
      id: 'openWebUi',
      lines: [
        shell(
          `export OPENAI_API_BASE_URL=${word(baseUrl)}`,
          `export OPENAI_API_KEY=${word(apiKey)}`,
          'export ENABLE_OLLAMA_API=false',
          'open-webui serve',
        ),
      ],
    },
    {
      id: 'codex',
      lines: [
        {
          file: '~/.codex/config.toml',
          language: 'toml',
          code: [
            `model = ${tomlString(model)}`,
            'model_provider = "router"',
            '',
            '[model_providers.router]',
            'name = "Router"',
            `base_url = ${tomlString(baseUrl)}`,
            'env_key = "LLM_ROUTER_KEY"',
            'wire_api = "responses"',
            '',
          ].join('\n'),
        },
        shell(`export LLM_ROUTER_KEY=${word(apiKey)}`, 'codex'),
      ],
    },
    {
      id: 'anthropicSdk',
      lines: [
        {
          language: 'python',
          code: [
            'from anthropic import Anthropic',
            '',
            `client = Anthropic(base_url=${JSON.stringify(root)}, api_key=${JSON.stringify(apiKey)})`,
            'answer = client.messages.create(',
            `    model=${JSON.stringify(model)},`,
            '    max_tokens=1000,',
            '    messages=[{"role": "user", "content": "Hello"}],',
            ')',
            'print(answer.content[0].text)',
            '',
          ].join('\n'),
        },
      ],
    },
    {
      id: 'geminiCli',
      lines: [
        shell(
          `export GOOGLE_GEMINI_BASE_URL=${word(root)}`,
          `export GEMINI_API_KEY=${word(apiKey)}`,
          `gemini -m ${word(model)}`,
        ),
        {
          file: '~/.gemini/settings.json',
          language: 'json',
          code: '{"security": {"auth": {"selectedType": "gemini-api-key"}}}\n',
        },
      ],
    },
    {
      id: 'ollama',
      lines: [shell(`export OLLAMA_HOST=${word(root)}`, `export OLLAMA_API_KEY=${word(apiKey)}`)],
    },
    {
      id: 'openCode',
      lines: [
        { file: 'opencode.json', language: 'json', code: openCode({ baseUrl, apiKey, model }) },
        shell(`opencode -m ${word(`router/${model}`)}`),
      ],
    },
  ];
}

function openCode({ baseUrl, apiKey, model }: Router): string {
  const router = {
    npm: '@ai-sdk/openai-compatible',
    name: 'Router',
    options: { baseURL: baseUrl, apiKey },
    models: { [model]: {} },
  };
  return `${JSON.stringify({ provider: { router } }, null, 2)}\n`;
}

/** The beginnings of the names that clients ask for by themselves, of each family. */
export const families = ['claude-*', 'gpt-*', 'gemini-*'] as const;

/** The lines of router.toml by which a client's own names lead to a model. */
export function aliasLines(targets: Record<(typeof families)[number], string>): string {
  const lines = families.map((name) => `${tomlKey(name)} = ${tomlString(targets[name])}`);
  return ['[routing.aliases]', ...lines, ''].join('\n');
}

function shell(...lines: string[]): Lines {
  return { language: 'bash', code: `${lines.join('\n')}\n` };
}

/** A word of a shell; quoted where it would be more than one, or less. */
function word(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
