import { curlSnippet } from '@/lib/snippets/curl';
import { javascriptSnippet } from '@/lib/snippets/javascript';
import { langchainSnippet } from '@/lib/snippets/langchain';
import { pythonSnippet } from '@/lib/snippets/python';

export interface Program {
  id: 'python' | 'javascript' | 'curl' | 'langchain';
  language: 'python' | 'javascript' | 'bash';
  /** What it needs; nothing for curl. */
  install: string | undefined;
  code: string;
}

/** What each program sends, and Try as well. */
const prompt = 'Hello';

export function bodyOf(model: string): Record<string, unknown> {
  return { model, messages: [{ role: 'user', content: prompt }] };
}

/** The same request in each language, with this router's address. */
export function programsOf(baseUrl: string, apiKey: string, model: string): Program[] {
  const request = { baseUrl, apiKey, path: '/v1/chat/completions' as const, body: bodyOf(model) };
  return [
    { id: 'python', language: 'python', install: 'pip install openai', code: pythonSnippet(request) },
    { id: 'javascript', language: 'javascript', install: 'npm install openai', code: javascriptSnippet(request) },
    { id: 'curl', language: 'bash', install: undefined, code: curlSnippet(request) },
    {
      id: 'langchain',
      language: 'python',
      install: 'pip install langchain-openai',
      code: langchainSnippet({ baseUrl, apiKey, model, prompt }),
    },
  ];
}
