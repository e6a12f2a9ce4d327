import { isStreamed, type SnippetRequest, urlOf } from './snippet';

export function javascriptSnippet(request: SnippetRequest): string {
  return request.path === '/route/invoke' ? plain(request) : library(request);
}

function library(request: SnippetRequest): string {
  const { baseUrl, apiKey, body } = request;
  const isStream = isStreamed(request);
  return [
    "import OpenAI from 'openai';",
    '',
    'const client = new OpenAI({',
    `  baseURL: ${text(baseUrl)},`,
    `  apiKey: ${text(apiKey)},`,
    '});',
    `const ${isStream ? 'stream' : 'answer'} = await client.chat.completions.create({`,
    ...Object.entries(body).map(([name, value]) => `  ${key(name)}: ${javascriptValue(value, 2)},`),
    '});',
    ...(isStream
      ? [
          'for await (const chunk of stream) {',
          "  process.stdout.write(chunk.choices[0]?.delta?.content ?? '');",
          '}',
          'console.log();',
        ]
      : ['console.log(answer.choices[0].message.content);']),
    '',
  ].join('\n');
}

/** Without a library: the router's own request is not OpenAI's. */
function plain(request: SnippetRequest): string {
  const isStream = isStreamed(request);
  return [
    `const answer = await fetch(${text(urlOf(request))}, {`,
    "  method: 'POST',",
    `  headers: { Authorization: ${text(`Bearer ${request.apiKey}`)}, 'Content-Type': 'application/json' },`,
    `  body: JSON.stringify(${javascriptValue(request.body, 2)}),`,
    '});',
    'if (!answer.ok) throw new Error(await answer.text());',
    ...(isStream
      ? [
          "let rest = '';",
          'for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {',
          "  const lines = (rest + piece).split('\\n');",
          "  rest = lines.pop() ?? '';",
          "  for (const line of lines) process.stdout.write(JSON.parse(line).text ?? '');",
          '}',
          'console.log();',
        ]
      : ['console.log((await answer.json()).output_text);']),
    '',
  ].join('\n');
}

function text(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name);
}

export function javascriptValue(value: unknown, indent: number): string {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const isList = Array.isArray(value);
  const members = isList
    ? value.map((member) => javascriptValue(member, indent + 2))
    : Object.entries(value).map(([name, member]) => `${key(name)}: ${javascriptValue(member, indent + 2)}`);
  const [open, close, gap] = isList ? ['[', ']', ''] : ['{', '}', ' '];
  if (!members.length) return open + close;
  const short = `${open}${gap}${members.join(', ')}${gap}${close}`;
  if (short.length <= 80 && !short.includes('\n')) return short;
  const pad = ' '.repeat(indent + 2);
  return `${open}\n${members.map((member) => `${pad}${member},\n`).join('')}${' '.repeat(indent)}${close}`;
}
