import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { LazyMarkdown } from '@/components/markdown/lazy-markdown';
import { Button } from '@/components/ui/button';
import { count } from '@/lib/format';

const [shortened, longest, plainFrom] = [4000, 12_000, 100_000];

/** Markdown; of a long text its beginning, and of a very long one the plain text. */
export function Text({ text }: { text: string }) {
  const t = useTranslations('calls.bodies');
  const [isWhole, setIsWhole] = useState(false);
  if (text.length <= longest) return <LazyMarkdown text={text} />;
  if (!isWhole) {
    return (
      <>
        <LazyMarkdown text={`${text.slice(0, shortened)}…`} />
        <Button variant="link" size="inline" className="self-start" onClick={() => setIsWhole(true)}>
          {t('showAll', { count: count(text.length) })}
        </Button>
      </>
    );
  }
  return text.length > plainFrom ? <Plain text={text} label={t('text')} /> : <LazyMarkdown text={text} />;
}

/** Instructions are long and mostly known: folded, with their first line. */
export function SystemText({ text }: { text: string }) {
  const t = useTranslations('calls.bodies');
  if (text.length <= 240) return <p className="whitespace-pre-wrap break-words text-ink-2">{text}</p>;
  return (
    <details className="min-w-0">
      <summary className="cursor-pointer break-words text-ink-2">
        {text.slice(0, 160)}… <span className="text-ink-3">{t('letters', { count: count(text.length) })}</span>
      </summary>
      <div className="pt-2">
        <Plain text={text} label={t('text')} />
      </div>
    </details>
  );
}

export function Reasoning({ text }: { text: string }) {
  const t = useTranslations('calls.bodies');
  return (
    <details className="min-w-0">
      <summary className="cursor-pointer text-ink-2">
        {t('reasoning')} <span className="text-ink-3">{t('letters', { count: count(text.length) })}</span>
      </summary>
      <div className="border-line-strong border-l-2 py-1 pl-3 text-ink-2">
        <Text text={text} />
      </div>
    </details>
  );
}

export function Plain({ text, label }: { text: string; label: string }) {
  return (
    <section
      data-scrolls
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
      tabIndex={0}
      className="max-h-100 overflow-auto whitespace-pre-wrap break-words rounded-control bg-sunken px-3 py-2 font-mono text-label leading-5"
    >
      {text}
    </section>
  );
}
