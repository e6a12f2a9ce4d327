import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { CodeBlock } from '@/components/code-block';
import { Dialog } from '@/components/ui/dialog';
import { Segmented } from '@/components/ui/segmented';
import { baseUrl } from '@/lib/base-url';
import { curlSnippet } from '@/lib/snippets/curl';
import { javascriptSnippet } from '@/lib/snippets/javascript';
import { pythonSnippet } from '@/lib/snippets/python';
import { languages, type SnippetLanguage, type SnippetRequest } from '@/lib/snippets/snippet';
import type { BuiltRequest } from './request';

const writers: Record<SnippetLanguage, (request: SnippetRequest) => string> = {
  python: pythonSnippet,
  javascript: javascriptSnippet,
  curl: curlSnippet,
};

interface CodeDialogProps {
  requests: readonly BuiltRequest[];
  onClose: () => void;
}

/** The request of now as a program. */
export default function CodeDialog({ requests, onClose }: CodeDialogProps) {
  const t = useTranslations('playground.code');
  const [language, setLanguage] = useState<SnippetLanguage>('python');
  const [side, setSide] = useState<'0' | '1'>('0');
  const request = requests[Number(side)] ?? requests[0];
  if (!request) return null;
  const { path, body } = request;
  const code = writers[language]({ baseUrl: baseUrl(), apiKey: 'YOUR_KEY', path, body });
  return (
    <Dialog open title={t('title')} onClose={onClose} className="max-w-200">
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto p-4">
        <div className="flex flex-wrap gap-2">
          <Segmented
            label={t('language')}
            value={language}
            options={languages.map((value) => ({ value, label: t(value) }))}
            onChange={setLanguage}
          />
          {requests.length > 1 ? (
            <Segmented
              label={t('side')}
              value={side}
              options={[
                { value: '0', label: t('first') },
                { value: '1', label: t('second') },
              ]}
              onChange={setSide}
            />
          ) : null}
        </div>
        <CodeBlock name={t(language)} code={code} language={language === 'curl' ? 'bash' : language} />
        <p className="text-ink-3 text-label">{t(path === '/route/invoke' ? 'noteQuery' : 'note')}</p>
      </div>
    </Dialog>
  );
}
