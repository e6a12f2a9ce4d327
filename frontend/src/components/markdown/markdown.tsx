import { lazy, memo, Suspense } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';

import { useTranslations } from 'use-intl';
import { blocksOf } from './blocks';
import { readGfm } from './gfm';

const plugins = [readGfm];
const Highlighted = lazy(() => import('./highlight'));

/** What a model wrote. HTML stays text, scripts never run, and nothing is fetched: a remote image is a link. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-2 break-words">
      {blocksOf(text).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added at the end.
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

const Block = memo(function Block({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={safeUrl}>
      {text}
    </ReactMarkdown>
  );
});

/** Only what opens a page or a mail; images only from the body itself. */
export function safeUrl(url: string, key: string): string {
  if (key === 'src' && /^data:image\/(png|jpeg|gif|webp);base64,/.test(url)) return url;
  return /^(https?:|mailto:)/i.test(url) ? url : '';
}

const components: Components = {
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  img: ({ src, alt }) => <Picture src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
  pre: ({ children }) => (
    <pre data-scrolls className="overflow-x-auto rounded-control bg-sunken px-3 py-2 leading-5">
      {children}
    </pre>
  ),
  code: ({ className, children }) => {
    const language = /language-(\w+)/.exec(className ?? '')?.[1];
    const code = String(children);
    if (!language)
      return <code className={code.includes('\n') ? undefined : 'rounded-chip bg-sunken px-1'}>{children}</code>;
    return (
      <code>
        <Suspense fallback={code}>
          <Highlighted code={code} language={language} />
        </Suspense>
      </code>
    );
  },
  table: ({ children }) => (
    <div data-scrolls className="overflow-x-auto">
      <table className="[&_:is(td,th)]:border [&_:is(td,th)]:border-line [&_:is(td,th)]:px-2 [&_:is(td,th)]:py-1 [&_:is(td,th)]:text-left">
        {children}
      </table>
    </div>
  ),
  // The page has its own headings; those of an answer are text.
  h1: ({ children }) => <p className="font-semibold text-title">{children}</p>,
  h2: ({ children }) => <p className="font-semibold">{children}</p>,
  h3: ({ children }) => <p className="font-semibold">{children}</p>,
  h4: ({ children }) => <p className="font-medium">{children}</p>,
  ul: ({ children }) => <ul className="list-disc pl-5">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="list-decimal pl-5">
      {children}
    </ol>
  ),
  blockquote: ({ children }) => (
    <blockquote className="border-line-strong border-l-2 pl-3 text-ink-2">{children}</blockquote>
  ),
};

function Picture({ src, alt }: { src: string; alt: string }) {
  const t = useTranslations('app.markdown');
  if (src.startsWith('data:')) return <img src={src} alt={alt} className="max-h-80 max-w-full rounded-control" />;
  const text = alt ? t('image', { alt }) : t('imageUntitled');
  if (!src) return <span>{text}</span>;
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline">
      {text}
    </a>
  );
}
