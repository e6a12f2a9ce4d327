import { lazy, Suspense } from 'react';

const Markdown = lazy(async () => ({ default: (await import('./markdown')).Markdown }));

/** For pages: the parser is loaded when the first answer is shown; until then the text stands as it is. */
export function LazyMarkdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<p className="whitespace-pre-wrap break-words">{text}</p>}>
      <Markdown text={text} />
    </Suspense>
  );
}
