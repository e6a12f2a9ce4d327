/** The text of the filter bar and the filters it stands for: `status:error duration>2s unpriced some words`. */
export interface FilterField {
  /** The name in the URL and in the bar. */
  name: string;
  label: string;
  kind: 'value' | 'bound' | 'flag';
  /** With counts, from the facets. */
  options?: readonly { value: string; count?: number | undefined; label?: string }[];
  /** Of a bound: what is suggested after the `>`. */
  examples?: readonly string[];
}

type Option = NonNullable<FilterField['options']>[number];

export interface Token {
  name: string;
  value: string;
}

const word = /(\w+)(:|>=?)("[^"]*"|\S+)|"[^"]*"|\S+/g;

/** Splits what was typed; words that are no filter are the search. */
export function readTokens(text: string, fields: readonly FilterField[]): { tokens: Token[]; rest: string } {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const tokens: Token[] = [];
  const rest: string[] = [];
  for (const [whole, name, sign, value] of text.matchAll(word)) {
    const field = byName.get(name ?? whole);
    if (field?.kind === 'flag' && !sign) tokens.push({ name: field.name, value: '1' });
    else if (field && value && (field.kind === 'bound') === sign?.startsWith('>')) {
      tokens.push({ name: field.name, value: unquoted(value) });
    } else rest.push(whole);
  }
  return { tokens, rest: rest.join(' ') };
}

export function writeToken({ name, value }: Token, field: FilterField | undefined): string {
  if (field?.kind === 'flag') return name;
  const text = /\s/.test(value) ? `"${value}"` : value;
  return `${name}${field?.kind === 'bound' ? '>' : ':'}${text}`;
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}

export interface Suggestion {
  text: string;
  label: string;
  count?: number | undefined;
}

/** What could be meant by the word that is being typed. */
export function suggest(typed: string, fields: readonly FilterField[], most = 8): Suggestion[] {
  const last = typed.split(/\s+/).at(-1) ?? '';
  const [name = '', ...after] = last.split(/[:>]/);
  const field = fields.find((one) => one.name === name);
  if (field && after.length) {
    const part = after.join(':').toLowerCase();
    const options = field.options ?? (field.examples ?? []).map((value) => ({ value }) as Option);
    return options
      .filter(({ value, label }) => value.toLowerCase().includes(part) || label?.toLowerCase().includes(part))
      .slice(0, most)
      .map(({ value, count, label }) => ({ text: writeToken({ name, value }, field), label: label ?? value, count }));
  }
  return fields
    .filter((one) => one.name.startsWith(last.toLowerCase()) || one.label.toLowerCase().includes(last.toLowerCase()))
    .slice(0, most)
    .map((one) => ({
      text: one.kind === 'flag' ? one.name : `${one.name}${one.kind === 'bound' ? '>' : ':'}`,
      label: one.label,
    }));
}
