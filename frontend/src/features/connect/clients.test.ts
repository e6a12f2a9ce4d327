import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { aliasLines, clientsOf } from './clients';

const router = { baseUrl: 'http://localhost:8000/base/v1', apiKey: 'sk-1', model: 'tag:coding,!free' };
const codeOf = (id: string, of = router): string[] =>
  clientsOf(of)
    .find((client) => client.id === id)
    ?.lines.map(({ code }) => code) ?? [];

it('each client is told the address, the key and the model', () => {
  for (const { id } of clientsOf(router)) {
    const code = codeOf(id).join('\n');
    expect(code).toContain('http://localhost:8000/base');
    expect(code).toContain('sk-1');
    // Some list the models themselves.
    if (!['openWebUi', 'ollama'].includes(id)) expect(code).toContain('tag:coding,!free');
  }
});
it('clients that write the version themselves get an address without it', () => {
  for (const id of ['claudeCode', 'anthropicSdk']) expect(codeOf(id).join('\n')).not.toContain('/v1');
  for (const id of ['codex', 'openCode', 'openWebUi']) expect(codeOf(id).join('\n')).toContain('/base/v1');
});
it('words of a shell are quoted where they must be', () => {
  const [code = ''] = codeOf('claudeCode', { ...router, apiKey: `a'b $(rm)` });
  expect(code).toContain(`ANTHROPIC_AUTH_TOKEN='a'\\''b $(rm)'\n`);
  expect(code).toContain(`ANTHROPIC_MODEL='tag:coding,!free'\n`);
  expect(code).toContain('ANTHROPIC_BASE_URL=http://localhost:8000/base\n');
});
it('files are what their formats take, whatever a name holds', () => {
  const odd = { ...router, model: 'a"b\\c' };
  const [codex = ''] = codeOf('codex', odd);
  expect(parse(codex)).toMatchObject({ model: odd.model, model_providers: { router: { base_url: odd.baseUrl } } });
  const [openCode = ''] = codeOf('openCode', odd);
  const { provider } = JSON.parse(openCode);
  expect(provider.router.options).toEqual({ baseURL: odd.baseUrl, apiKey: odd.apiKey });
  expect(Object.keys(provider.router.models)).toEqual([odd.model]);
});
it('the lines are those of docs/AGENTS.md', () => {
  const docs = readFileSync('../docs/AGENTS.md', 'utf8').replaceAll('tag:fast', 'tag:coding').replaceAll('sk-…', 'KEY');
  const plain = { baseUrl: 'http://localhost:8000/v1', apiKey: 'KEY', model: 'tag:coding' };
  for (const { lines } of clientsOf(plain)) {
    const told = lines.filter(({ language }) => language !== 'python').flatMap(({ code }) => code.trim().split('\n'));
    for (const line of told) expect(docs).toContain(line.trim());
  }
});
it('the aliases are a table of router.toml', () => {
  const targets = { 'claude-*': 'tag:coding', 'gpt-*': 'auto', 'gemini-*': 'a/b' };
  expect(parse(aliasLines(targets))).toEqual({ routing: { aliases: targets } });
});
