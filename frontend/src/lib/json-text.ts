/** JSON that a person types: its value, or what is wrong and in which line. */
export type JsonRead = { value: unknown } | { fault: JsonFault };

export interface JsonFault {
  /** What was expected; a key of texts. */
  kind: 'value' | 'key' | 'colon' | 'comma' | 'text' | 'escape' | 'end' | 'more' | 'object' | 'array';
  line: number;
  column: number;
}

class Fault extends Error {
  constructor(
    readonly kind: JsonFault['kind'],
    readonly at: number,
  ) {
    super(kind);
  }
}

/** Blank text is no value. `want` says what must stand at the top. */
export function readJson(text: string, want?: 'object' | 'array'): JsonRead {
  if (!text.trim()) return { value: undefined };
  try {
    const value: unknown = JSON.parse(text);
    const is = Array.isArray(value) ? 'array' : typeof value === 'object' && value !== null ? 'object' : 'other';
    if (want && is !== want) return { fault: placed(text, want, text.search(/\S/)) };
    return { value };
  } catch {
    return { fault: faultOf(text) };
  }
}

function placed(text: string, kind: JsonFault['kind'], at: number): JsonFault {
  const before = text.slice(0, at).split('\n');
  return { kind, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

// Browsers word their own errors differently, and not all name the place.
function faultOf(text: string): JsonFault {
  let at = 0;
  const fail = (kind: JsonFault['kind'], where = at): never => {
    throw new Fault(where >= text.length ? 'end' : kind, where);
  };
  const skip = (): void => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at += 1;
  };
  const string = (kind: JsonFault['kind']): void => {
    if (text[at] !== '"') fail(kind);
    for (at += 1; text[at] !== '"'; at += 1) {
      const letter = text[at];
      if (letter === undefined || letter === '\n') fail('text');
      if (letter !== '\\') continue;
      const sequence = /^\\(["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))?.[0];
      if (!sequence) fail('escape');
      at += (sequence?.length ?? 2) - 1;
    }
    at += 1;
  };
  const members = (close: string, member: () => void): void => {
    at += 1;
    skip();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      member();
      skip();
      if (text[at] === close) break;
      if (text[at] !== ',') fail('comma');
      at += 1;
      skip();
    }
    at += 1;
  };
  const value = (): void => {
    skip();
    if (text[at] === '{') {
      members('}', () => {
        string('key');
        skip();
        if (text[at] !== ':') fail('colon');
        at += 1;
        value();
      });
    } else if (text[at] === '[') members(']', value);
    else if (text[at] === '"') string('text');
    else {
      const word = /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)(?![\w.])/.exec(text.slice(at))?.[0];
      if (!word) fail('value');
      at += word?.length ?? 0;
    }
  };
  try {
    value();
    skip();
    if (at < text.length) fail('more');
  } catch (fault) {
    if (fault instanceof Fault) return placed(text, fault.kind, fault.at);
    throw fault;
  }
  return placed(text, 'value', 0);
}
