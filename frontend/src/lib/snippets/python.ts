import { isStreamed, type SnippetRequest, urlOf } from './snippet';

// What the library names; anything else goes through `extra_body`.
const named = new Set(
  `model messages stream stream_options tools tool_choice response_format temperature top_p max_tokens
   max_completion_tokens n stop seed presence_penalty frequency_penalty logit_bias logprobs top_logprobs user
   parallel_tool_calls reasoning_effort metadata modalities audio prediction service_tier store verbosity
   prompt_cache_key safety_identifier`.split(/\s+/),
);

export function pythonSnippet(request: SnippetRequest): string {
  return request.path === '/route/invoke' ? plain(request) : library(request);
}

function library(request: SnippetRequest): string {
  const { baseUrl, apiKey, body } = request;
  const entries = Object.entries(body);
  const extra = Object.fromEntries(entries.filter(([name]) => !named.has(name)));
  const lines = entries
    .filter(([name]) => named.has(name))
    .map(([name, value]) => `    ${name}=${pythonValue(value, 4)},`);
  if (Object.keys(extra).length) lines.push(`    extra_body=${pythonValue(extra, 4)},`);
  const isStream = isStreamed(request);
  return [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${text(baseUrl)}, api_key=${text(apiKey)})`,
    `${isStream ? 'stream' : 'answer'} = client.chat.completions.create(`,
    ...lines,
    ')',
    ...(isStream
      ? [
          'for chunk in stream:',
          '    if chunk.choices:',
          '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
          'print()',
        ]
      : ['print(answer.choices[0].message.content)']),
    '',
  ].join('\n');
}

/** Without a library: the router's own request is not OpenAI's. */
function plain(request: SnippetRequest): string {
  const isStream = isStreamed(request);
  return [
    'import json',
    'from urllib.request import Request, urlopen',
    '',
    `body = ${pythonValue(request.body, 0)}`,
    'request = Request(',
    `    ${text(urlOf(request))},`,
    '    data=json.dumps(body).encode(),',
    `    headers={"Authorization": ${text(`Bearer ${request.apiKey}`)}, "Content-Type": "application/json"},`,
    ')',
    'with urlopen(request) as answer:',
    ...(isStream
      ? ['    for line in answer:', '        print(json.loads(line).get("text", ""), end="", flush=True)', 'print()']
      : ['    print(json.load(answer)["output_text"])']),
    '',
  ].join('\n');
}

// JSON's escapes are Python's, but for what lies beyond 16 bits, which may stand as it is.
function text(value: string): string {
  return JSON.stringify(value);
}

export function pythonValue(value: unknown, indent: number): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const isList = Array.isArray(value);
  const members = isList
    ? value.map((member) => pythonValue(member, indent + 4))
    : Object.entries(value).map(([name, member]) => `${text(name)}: ${pythonValue(member, indent + 4)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const short = `${open}${members.join(', ')}${close}`;
  if (short.length <= 80 && !short.includes('\n')) return short;
  const pad = ' '.repeat(indent + 4);
  return `${open}\n${members.map((member) => `${pad}${member},\n`).join('')}${' '.repeat(indent)}${close}`;
}
