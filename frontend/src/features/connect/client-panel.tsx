import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { CodeBlock } from '@/components/code-block';
import { Frame } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import type { Client } from './clients';

/** What a client is told, to copy: lines of a shell, or a file. */
export function ClientPanel({ client }: { client: Client }) {
  const t = useTranslations('connect.clients');
  const ta = useTranslations('app.action');
  const copy = useCopy();
  const name = t(`${client.id}.name`);
  return (
    <Frame title={name} sub={t(`${client.id}.api`)}>
      <div className="flex min-w-0 flex-col gap-2 px-4 pt-1 pb-4">
        {client.lines.map(({ file, language, code }) => {
          const title = file ?? t(language === 'bash' ? 'shell' : 'program');
          return (
            <div key={title} className="flex min-w-0 flex-col gap-1">
              <div className="flex min-h-[30px] items-center justify-between gap-2">
                <span className={file ? 'font-mono text-ink-3 text-label' : 'text-ink-3 text-label'}>{title}</span>
                <IconButton label={`${ta('copy')}: ${name}, ${title}`} onClick={() => void copy(code)}>
                  <Copy aria-hidden size={16} strokeWidth={1.5} />
                </IconButton>
              </div>
              <CodeBlock isBare name={`${name}, ${title}`} code={code} language={language} />
            </div>
          );
        })}
        <p className="text-ink-3 text-label">{t(`${client.id}.note`)}</p>
      </div>
    </Frame>
  );
}
