import type { Schemas } from '@/api/client';

export type Kind = Schemas['ProviderKind'];

export interface KindFacts {
  /** Where it is without a `base_url`. */
  base?: string;
  /** What stands before the path, where the base has no version. */
  version?: string;
  /** After base and version; of Gemini the model and the method follow. */
  path: string;
  key: 'needed' | 'optional' | 'none';
  /** The variable that the shipped router.toml names. */
  variable?: string;
  /** Where its vendor gives keys out. */
  keyPage?: string;
  /** The two APIs of OpenAI's family. */
  hasApis?: boolean;
}

const family = { version: 'v1', path: 'chat/completions', hasApis: true } as const;

/** As src/domain/provider_kind/table.rs; a test compares them with docs/CONFIG.md. */
export const kinds: Record<Kind, KindFacts> = {
  openai: {
    ...family,
    base: 'https://api.openai.com/v1',
    key: 'needed',
    variable: 'OPENAI_API_KEY',
    keyPage: 'https://platform.openai.com/api-keys',
  },
  claude: {
    base: 'https://api.anthropic.com',
    version: 'v1',
    path: 'messages',
    key: 'needed',
    variable: 'ANTHROPIC_API_KEY',
    keyPage: 'https://console.anthropic.com/settings/keys',
  },
  gemini: {
    base: 'https://generativelanguage.googleapis.com',
    version: 'v1beta',
    path: 'models',
    key: 'needed',
    variable: 'GEMINI_API_KEY',
    keyPage: 'https://aistudio.google.com/apikey',
  },
  openrouter: {
    ...family,
    base: 'https://openrouter.ai/api/v1',
    key: 'needed',
    variable: 'OPENROUTER_API_KEY',
    keyPage: 'https://openrouter.ai/keys',
  },
  deepseek: {
    ...family,
    base: 'https://api.deepseek.com',
    key: 'needed',
    variable: 'DEEPSEEK_API_KEY',
    keyPage: 'https://platform.deepseek.com/api_keys',
  },
  glm: {
    ...family,
    base: 'https://open.bigmodel.cn/api/paas/v4',
    version: 'v4',
    key: 'needed',
    variable: 'ZHIPUAI_API_KEY',
    keyPage: 'https://open.bigmodel.cn/usercenter/apikeys',
  },
  qwen: {
    ...family,
    base: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    key: 'needed',
    variable: 'DASHSCOPE_API_KEY',
    keyPage: 'https://bailian.console.aliyun.com/?tab=model#/api-key',
  },
  kimi: {
    ...family,
    base: 'https://api.moonshot.ai/v1',
    key: 'needed',
    variable: 'MOONSHOT_API_KEY',
    keyPage: 'https://platform.moonshot.ai/console/api-keys',
  },
  grok: {
    ...family,
    base: 'https://api.x.ai/v1',
    key: 'needed',
    variable: 'XAI_API_KEY',
    keyPage: 'https://console.x.ai',
  },
  ollama: {
    base: 'http://localhost:11434',
    version: 'api',
    path: 'chat',
    key: 'optional',
    variable: 'OLLAMA_API_KEY',
  },
  vllm: { ...family, base: 'http://localhost:8000/v1', key: 'optional', variable: 'VLLM_API_KEY' },
  transformers: { ...family, base: 'http://localhost:8000/v1', key: 'optional', variable: 'TRANSFORMERS_API_KEY' },
  openai_compatible: { ...family, key: 'optional' },
  remote_http: { path: '', key: 'optional' },
  mock: { path: '', key: 'none' },
};

export function factsOf(type: string): KindFacts | undefined {
  return Object.hasOwn(kinds, type) ? kinds[type as Kind] : undefined;
}
