import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { Frame } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { buttonStyle, IconButton } from '@/components/ui/button';

/** Before the first call: how to make it, with this router's own address. */
export function FirstCall() {
  const t = useTranslations('overview.first');
  const { data: me } = useQuery(meQuery());
  const snippets = me?.snippets as Record<string, string> | undefined;
  return (
    <Frame title={t('title')} sub={t('text')}>
      <div className="grid min-w-0 gap-4 px-4 pt-1 pb-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          {snippets?.curl ? <Snippet name={t('curl')} text={snippets.curl} /> : null}
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Link to="/ui/playground" className={buttonStyle({ variant: 'primary' })}>
              {t('open')}
            </Link>
            <p className="text-ink-2">{t('playgroundText')}</p>
          </div>
        </div>
        {snippets?.openai_python ? <Snippet name={t('python')} text={snippets.openai_python} /> : null}
      </div>
    </Frame>
  );
}

function Snippet({ name, text }: { name: string; text: string }) {
  const t = useTranslations('app.action');
  const copy = useCopy();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex items-center justify-between">
        <h3 className="text-body">{name}</h3>
        <IconButton label={`${t('copy')}: ${name}`} onClick={() => void copy(text)}>
          <Copy aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
      <pre className="whitespace-pre-wrap break-words rounded-control bg-sunken p-3 text-ink-2 text-mark leading-5">
        {text}
      </pre>
    </div>
  );
}
