import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import { Tabs } from '@/components/ui/tabs';

const known = ['curl', 'openai_python', 'langchain'] as const;

/** Programs with this router's own address. On its own machine they run as they stand: it asks for no key there. */
export function Snippets() {
  const t = useTranslations('overview.first');
  const { data: me } = useQuery(meQuery());
  if (!me) return null;
  const texts: Record<string, string | undefined> = me.snippets;
  const tabs = known.flatMap((id) => {
    const text = texts[id];
    return text ? [{ id, label: t(id), content: <Snippet name={t(id)} text={text} /> }] : [];
  });
  return (
    <div className="flex min-w-0 flex-col gap-2 px-4 pt-2 pb-4">
      <Tabs label={t('program')} tabs={tabs} />
      <p className="text-ink-3 text-label">
        {me.caller === 'local' ? (
          t('runsLocal')
        ) : (
          <>
            {t('needsKey')}{' '}
            <Link to="/ui/keys" className="text-accent underline">
              {t('keys')}
            </Link>
          </>
        )}
      </p>
    </div>
  );
}

function Snippet({ name, text }: { name: string; text: string }) {
  const t = useTranslations('app.action');
  const copy = useCopy();
  return (
    <div className="relative">
      <pre
        data-scrolls
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        className="overflow-x-auto rounded-control bg-sunken p-3 pr-11 text-ink-2 text-mark leading-5"
      >
        {text.trimEnd()}
      </pre>
      <IconButton
        label={`${t('copy')}: ${name}`}
        className="absolute top-1.5 right-1.5 bg-sunken"
        onClick={() => void copy(text)}
      >
        <Copy aria-hidden size={16} strokeWidth={1.5} />
      </IconButton>
    </div>
  );
}
