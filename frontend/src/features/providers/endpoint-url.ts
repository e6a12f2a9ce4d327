import { factsOf } from './kinds';

type UrlProblem = 'missing' | 'url' | 'scheme' | 'extra';
export type CalledUrl = { url: string; problem?: never } | { url?: never; problem: UrlProblem };

interface Address {
  type: string;
  /** Empty: the type's own. */
  base: string;
  /** Empty: the type's own path. */
  endpoint: string;
  api: string;
}

function parse(text: string): CalledUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: 'url' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { problem: 'scheme' };
  if (!url.hostname) return { problem: 'url' };
  return { url: text };
}

/** `v1`, `v4`, `v1beta`, and DeepSeek's bare `beta`. */
function isVersion(segment: string): boolean {
  return segment === 'beta' || /^v\d+(?:$|beta|alpha)/.test(segment);
}

function pathOf(base: string): string {
  return base.replace(/^[^:]*:\/\//, '').replace(/^[^/]*/, '');
}

function mainUrl({ type, base: written, endpoint: own }: Address): CalledUrl {
  const facts = factsOf(type);
  let base = (written.trim() || facts?.base || '').replace(/\/+$/, '');
  const tail = facts?.path ?? '';
  if (own.includes('://')) return parse(own.trim());
  if (!base) return { problem: 'missing' };
  const checked = parse(base);
  if (checked.problem) return checked;
  // A key in an address would be written to logs.
  if (/[?#]/.test(base) || new URL(base).username) return { problem: 'extra' };
  const endpoint = (own.trim() || tail).replace(/^\/+|\/+$/g, '');
  const version = facts?.version;
  if (!version) return parse(endpoint ? `${base}/${endpoint}` : base);
  // The habit of OpenAI's SDKs.
  if (type === 'ollama') base = base.replace(/\/v1$/, '');
  if (base.endsWith(`/${endpoint}`)) return parse(base);
  const [first = '', ...rest] = endpoint.split('/');
  if (rest.length && (isVersion(first) || first === version)) {
    const bare = base.endsWith(`/${first}`) ? base.slice(0, -first.length - 1) : base;
    return parse(`${bare}/${first}/${rest.join('/')}`);
  }
  const hasVersion = pathOf(base).split('/').some(isVersion) || base.endsWith(`/${version}`);
  return parse(endpoint === tail && !hasVersion ? `${base}/${version}/${tail}` : `${base}/${endpoint}`);
}

/** The whole URL that a call goes to, by the rules of docs/CONFIG.md. */
export function calledUrl(address: Address): CalledUrl {
  const main = mainUrl(address);
  if (main.url === undefined) return main;
  const { type, api } = address;
  if (type === 'gemini' && main.url.endsWith('/models')) return { url: `${main.url}/{model}:generateContent` };
  const tail = factsOf(type)?.path ?? '';
  if (api === 'responses' && tail && main.url.endsWith(tail)) {
    return { url: `${main.url.slice(0, -tail.length)}responses` };
  }
  return main;
}
