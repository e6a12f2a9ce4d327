import { closed } from '@/lib/json-cut';

/** A JSON document as lines that can be folded and searched. */
export interface JsonLine {
  depth: number;
  key?: string;
  /** What stands after the key: a value, or an opening or closing bracket. */
  text: string;
  kind: 'string' | 'number' | 'word' | 'open' | 'close' | 'plain';
  /** Of an opening line: the line that closes it. */
  end?: number;
  /** Of an opening line: how many members it holds. */
  members?: number;
}

// A longer line is an image or a file; its beginning tells enough, and the browser stays quick.
const longest = 4000;

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length})` : text;
}

export function jsonLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = [];
  const write = (one: unknown, depth: number, key: string | undefined, tail: string): void => {
    const named = key === undefined ? {} : { key };
    if (typeof one !== 'object' || one === null) {
      const kind = typeof one === 'string' ? 'string' : typeof one === 'number' ? 'number' : 'word';
      lines.push({ depth, ...named, text: shortened(JSON.stringify(one) ?? 'null') + tail, kind });
      return;
    }
    const isList = Array.isArray(one);
    const members: [string | undefined, unknown][] = isList
      ? one.map((item) => [undefined, item])
      : Object.entries(one);
    const [open, close] = isList ? ['[', ']'] : ['{', '}'];
    if (!members.length) {
      lines.push({ depth, ...named, text: open + close + tail, kind: 'word' });
      return;
    }
    const start: JsonLine = { depth, ...named, text: open, kind: 'open', members: members.length };
    lines.push(start);
    for (const [index, [name, member]] of members.entries()) {
      write(member, depth + 1, name, index < members.length - 1 ? ',' : '');
    }
    start.end = lines.length;
    lines.push({ depth, text: close + tail, kind: 'close' });
  };
  write(value, 0, undefined, '');
  return lines;
}

/** What is no JSON stays text. */
export function textLines(text: string): JsonLine[] {
  return text.split('\n').map((line) => ({ depth: 0, text: shortened(line), kind: 'plain' }));
}

export function linesOf(text: string): JsonLine[] {
  for (const candidate of [() => text, () => closed(text)]) {
    try {
      return jsonLines(JSON.parse(candidate()));
    } catch {
      // Not whole, or no JSON at all.
    }
  }
  return textLines(text);
}

/** The places of the lines that are not inside a folded one. */
export function visibleLines(lines: readonly JsonLine[], folded: ReadonlySet<number>): number[] {
  const visible: number[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    visible.push(index);
    if (folded.has(index)) index = lines[index]?.end ?? index;
  }
  return visible;
}

export function findLines(lines: readonly JsonLine[], text: string): number[] {
  const wanted = text.toLowerCase();
  if (!wanted) return [];
  return lines.flatMap((line, index) =>
    `${line.key ?? ''} ${line.text}`.toLowerCase().includes(wanted) ? [index] : [],
  );
}
