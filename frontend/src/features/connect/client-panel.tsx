import { useTranslations } from 'use-intl';
import { CodeBlock } from '@/components/code-block';
import { Frame } from '@/components/panel';
import type { Client } from './clients';

/** What a client is told, to copy: lines of a shell, or a file. */
export function ClientPanel({ client }: { client: Client }) {
  const t = useTranslations('connect.clients');
  const name = t(`${client.id}.name`);
  return (
    <Frame title={name} sub={t(`${client.id}.api`)}>
      <div className="flex min-w-0 flex-col gap-2 px-4 pt-1 pb-4">
        {client.lines.map(({ file, language, code }) => (
          <div key={file ?? language} className="flex min-w-0 flex-col gap-1">
            {file ? <code className="text-ink-3 text-label">{file}</code> : null}
            <CodeBlock name={file ? `${name}, ${file}` : name} code={code} language={language} />
          </div>
        ))}
        <p className="text-ink-3 text-label">{t(`${client.id}.note`)}</p>
      </div>
    </Frame>
  );
}
