/** Counts the rows of an export as its bytes come, so that its progress is in rows. */
export type RowCounter = (chunk: Uint8Array) => number;

const [quote, newline] = [34, 10];

/** Line ends outside of quotes, without the heading. */
export function csvRows(): RowCounter {
  let isQuoted = false;
  let lines = 0;
  return (chunk) => {
    for (const byte of chunk) {
      if (byte === quote) isQuoted = !isQuoted;
      else if (byte === newline && !isQuoted) lines += 1;
    }
    return Math.max(0, lines - 1);
  };
}

/** Each call begins so; within a text its quotes would be escaped. */
const start = [...'{"id":'].map((letter) => letter.charCodeAt(0));

export function jsonRows(): RowCounter {
  let matched = 0;
  let rows = 0;
  return (chunk) => {
    for (const byte of chunk) {
      matched = byte === start[matched] ? matched + 1 : byte === start[0] ? 1 : 0;
      if (matched < start.length) continue;
      rows += 1;
      matched = 0;
    }
    return rows;
  };
}

/** A file that is written before it is sent has a length; its rows come in proportion. */
export function shareOfRows(total: number, bytes: number): RowCounter {
  let received = 0;
  return (chunk) => {
    received += chunk.length;
    return bytes > 0 ? Math.min(total, Math.floor((received / bytes) * total)) : 0;
  };
}
