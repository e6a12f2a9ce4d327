/** The text that router.toml has for an entry. What is null or absent is left out; what is secret is a comment. */
export type TomlValue = string | number | bigint | boolean | Secret | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue | null | undefined;
}

/** A value that the router keeps to itself: the text names the key and leaves the value to the person. */
export class Secret {
  readonly note: string;
  constructor(note: string) {
    this.note = note;
  }
}

/** What the API shows in a secret's place. */
export const hidden = '[hidden]';

const bare = /^[A-Za-z0-9_-]+$/;
const widest = 100;

export function tomlKey(key: string): string {
  return bare.test(key) ? key : quoted(key);
}

const named: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

function escaped(text: string, except = ''): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what TOML forbids as they are.
  return text.replace(/[\u0000-\u001f\u007f"\\]|[\ud800-\udfff]/gu, (char) => {
    if (except.includes(char)) return char;
    // Half of a pair is no text; TOML could not hold it even escaped.
    if (/[\ud800-\udfff]/.test(char)) return '\ufffd';
    return named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A string on one line. */
export function tomlString(text: string): string {
  return quoted(text);
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Several lines stay several lines. */
function textOf(text: string): string {
  if (!text.includes('\n')) return quoted(text);
  const body = escaped(text, '\n\t"').replace(/"(?="")|"$/g, '\\"');
  return `"""\n${body}"""`;
}

/** Without an exponent: a price is read by people. */
function numberOf(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', first = '', rest = '', exponent = ''] = match;
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${first}${rest}`;
  return text;
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

function isTableList(value: unknown): value is TomlTable[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function isThere(value: unknown): value is TomlValue {
  return value !== null && value !== undefined;
}

function inlineTable(table: TomlTable): string {
  const parts = Object.entries(table).flatMap(([key, value]) =>
    isThere(value) && !(value instanceof Secret) ? [`${tomlKey(key)} = ${inline(value)}`] : [],
  );
  return parts.length ? `{ ${parts.join(', ')} }` : '{}';
}

function inline(value: TomlValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return numberOf(value);
  if (Array.isArray(value)) return `[${value.filter(isThere).map(inline).join(', ')}]`;
  if (isTable(value)) return inlineTable(value);
  return String(value);
}

/** On one line where it fits, else an element a line. */
function listOf(key: string, value: TomlValue[]): string {
  const line = inline(value);
  if (key.length + line.length + 3 <= widest || value.length < 2) return line;
  return `[\n${value
    .filter(isThere)
    .map((one) => `    ${inline(one)},\n`)
    .join('')}]`;
}

function line(key: string, value: TomlValue): string {
  const name = tomlKey(key);
  if (value instanceof Secret) return `# ${name} = …  ${value.note}`.trimEnd();
  if (Array.isArray(value)) return `${name} = ${listOf(name, value)}`;
  return `${name} = ${typeof value === 'string' ? textOf(value) : inline(value)}`;
}

function write(table: TomlTable, path: readonly string[], blocks: string[], head: string | undefined): void {
  const entries = Object.entries(table).flatMap(([key, value]) => (isThere(value) ? [[key, value] as const] : []));
  const own = entries.filter(([, value]) => !isTable(value) && !isTableList(value));
  // An empty table without a head of its own would be gone when it is read again.
  if (head !== undefined || own.length) {
    blocks.push([...(head === undefined ? [] : [head]), ...own.map(([key, value]) => line(key, value))].join('\n'));
  }
  for (const [key, value] of entries) {
    const below = [...path, tomlKey(key)];
    if (isTableList(value)) {
      for (const one of value) write(one, below, blocks, `[[${below.join('.')}]]`);
    } else if (isTable(value)) {
      const holdsOnlyTables = Object.values(value).some(isThere) && Object.values(value).filter(isThere).every(isTable);
      write(value, below, blocks, holdsOnlyTables ? undefined : `[${below.join('.')}]`);
    }
  }
}

/** A document, or the part of one that `table` is. */
export function tomlText(table: TomlTable): string {
  const blocks: string[] = [];
  write(table, [], blocks, undefined);
  return blocks.length ? `${blocks.join('\n\n')}\n` : '';
}

export function providerText(provider: TomlTable): string {
  return tomlText({ providers: [provider] });
}

export function modelText(model: TomlTable): string {
  return tomlText({ models: [model] });
}

/** A name for another name; with an order or fallbacks of its own it is a table on one line. */
export function aliasText(name: string, target: string | TomlTable): string {
  const value = typeof target === 'string' ? quoted(target) : inlineTable(target);
  return `[routing.aliases]\n${tomlKey(name)} = ${value}\n`;
}
