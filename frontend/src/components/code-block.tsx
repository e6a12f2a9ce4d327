import clsx from 'clsx';
import { Copy } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useTranslations } from 'use-intl';
import { useCopy } from './toast';
import { Button } from './ui/button';

const Highlighted = lazy(() => import('./markdown/highlight'));
const longestHighlighted = 60_000;

interface CodeBlockProps {
  name: string;
  code: string;
  /** One that is not known to the highlighter is shown plain. */
  language: 'python' | 'javascript' | 'bash' | 'json' | 'toml';
  /** Where the copy button stands elsewhere. */
  isBare?: boolean;
}

/** A program to copy. It scrolls sideways in its own frame; an image in it is shown shortened and copied whole. */
export function CodeBlock({ name, code, language, isBare }: CodeBlockProps) {
  const t = useTranslations('app.action');
  const copy = useCopy();
  const shown = code.replace(/[^\s"']{600,}/g, (long) => `${long.slice(0, 60)}…`);
  return (
    <div className="relative min-w-0">
      <section
        data-scrolls
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        aria-label={t('code', { name })}
        className={clsx('max-h-[60dvh] overflow-auto rounded-control bg-sunken py-3 pl-3', isBare ? 'pr-3' : 'pr-24')}
      >
        <pre className="leading-5">
          <Suspense fallback={shown}>
            {shown.length < longestHighlighted ? <Highlighted code={shown} language={language} /> : shown}
          </Suspense>
        </pre>
      </section>
      {isBare ? null : (
        <Button className="absolute top-2 right-2" onClick={() => void copy(code)} aria-label={`${t('copy')}: ${name}`}>
          <Copy aria-hidden size={14} strokeWidth={1.5} />
          {t('copy')}
        </Button>
      )}
    </div>
  );
}
