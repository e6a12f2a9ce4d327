/** Splits Markdown at blank lines outside of code, so that a stream parses only its last block anew. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | undefined;
  let isIndented = false;
  const close = (): void => {
    if (block.length) blocks.push(block.join('\n'));
    block = [];
  };
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      block.push(line);
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
      continue;
    }
    if (mark) fence = mark;
    const isBlank = line.trim() === '';
    // Lists go on over a blank line when what follows belongs to them.
    isIndented = /^(\s+\S|\s*[-*+]\s|\s*\d+[.)]\s)/.test(line);
    if (isBlank) {
      block.push(line);
      continue;
    }
    if (block.at(-1)?.trim() === '' && !(isIndented && startsList(block))) close();
    block.push(line);
  }
  close();
  return blocks;
}

function startsList(block: readonly string[]): boolean {
  return /^\s*([-*+]|\d+[.)])\s/.test(block[0] ?? '');
}
