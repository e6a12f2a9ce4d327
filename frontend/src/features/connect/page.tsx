import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { BookOpen } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { PageHead } from '@/app/shell/page-head';
import { buttonStyle } from '@/components/ui/button';
import { baseUrl, routerUrl } from '@/lib/base-url';
import { Address } from './address';
import { AliasPanel } from './alias-panel';
import { ClientPanel } from './client-panel';
import { clientsOf } from './clients';
import { ProgramPanel } from './program-panel';
import { programsOf } from './programs';
import type { ConnectSearch } from './search';
import { WaysToName } from './ways-to-name';

const placeholder = 'YOUR_KEY';

export function ConnectPage() {
  const t = useTranslations('connect');
  const tp = useTranslations('app.pages');
  const { data: me } = useQuery(meQuery());
  const { model }: ConnectSearch = useSearch({ strict: false });
  // Never stored: it leaves with the page.
  const [apiKey, setApiKey] = useState('');
  const named = model ?? me?.models[0] ?? 'auto';
  const key = apiKey.trim() || placeholder;
  const programs = programsOf(baseUrl(), key, named);
  const clients = clientsOf({ baseUrl: baseUrl(), apiKey: key, model: named });
  return (
    <>
      <PageHead
        title={tp('connect')}
        actions={
          <a href={routerUrl('docs')} target="_blank" rel="noopener" className={buttonStyle()}>
            <BookOpen aria-hidden size={16} strokeWidth={1.5} />
            {t('docs')}
          </a>
        }
      />
      <Address model={named} apiKey={apiKey} onKey={setApiKey} />
      <div className="grid min-w-0 gap-3 lg:grid-cols-2">
        {programs.map((program) => (
          <ProgramPanel key={program.id} program={program} model={named} />
        ))}
      </div>
      <div className="grid min-w-0 gap-3 lg:grid-cols-2">
        {clients.map((client) => (
          <ClientPanel key={client.id} client={client} />
        ))}
        <AliasPanel model={named} />
      </div>
      <WaysToName />
    </>
  );
}
