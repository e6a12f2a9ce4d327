/** The beginning of a document, cut after its last whole member and closed. */
export function closed(text: string): string {
  const { lastComma } = scan(text, text.length);
  const { open } = scan(text, lastComma);
  return text.slice(0, lastComma) + open.reverse().join('');
}

function scan(text: string, end: number): { lastComma: number; open: string[] } {
  const open: string[] = [];
  let lastComma = 0;
  let isString = false;
  for (let at = 0; at < end; at += 1) {
    const letter = text[at];
    if (isString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') isString = false;
    } else if (letter === '"') isString = true;
    else if (letter === '{') open.push('}');
    else if (letter === '[') open.push(']');
    else if (letter === '}' || letter === ']') open.pop();
    else if (letter === ',') lastComma = at;
  }
  return { lastComma, open };
}
