import { closed } from './json-cut';

/** Bodies of requests and answers as they went over the wire: JSON, lines of JSON, or events of a stream. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A body's JSON; one that was cut is closed first. Nothing where it is none. */
export function parsedBody(text: string | null | undefined): unknown {
  if (!text) return undefined;
  return parsed(text) ?? (/^\s*[[{]/.test(text) ? parsed(closed(text)) : undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An answer's objects in order: one, or a stream's, as events or as lines. */
export function piecesOf(text: string | null | undefined): Json[] {
  if (!text) return [];
  const whole = parsed(text);
  if (whole !== undefined) return [whole].flat().filter(isObject);
  const pieces = text
    .split('\n')
    .map((line) => parsed(line.replace(/^data:/, '').trim()))
    .filter(isObject);
  if (pieces.length) return pieces;
  const cut = parsedBody(text);
  return isObject(cut) ? [cut] : [];
}
