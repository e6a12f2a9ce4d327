import { pythonValue } from './python';

/** One prompt over LangChain's client for OpenAI. */
export function langchainSnippet(request: { baseUrl: string; apiKey: string; model: string; prompt: string }): string {
  const { baseUrl, apiKey, model, prompt } = request;
  const text = (value: string): string => pythonValue(value, 0);
  return [
    'from langchain_openai import ChatOpenAI',
    '',
    'llm = ChatOpenAI(',
    `    base_url=${text(baseUrl)},`,
    `    api_key=${text(apiKey)},`,
    `    model=${text(model)},`,
    ')',
    `print(llm.invoke(${text(prompt)}).content)`,
    '',
  ].join('\n');
}
