import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useCopy } from '@/components/toast';
import { Button } from '@/components/ui/button';

/** The entry as router.toml has it, to copy. */
export function TomlBlock({ text }: { text: string }) {
  const t = useTranslations('entries.review');
  const copy = useCopy();
  return (
    <details className="border-line border-b">
      <summary className="flex min-h-9 cursor-pointer items-center px-4 text-ink-3 text-label hover:text-ink-1 touch:min-h-11">
        <h3 className="font-normal">{t('text')}</h3>
      </summary>
      <div className="px-4 pb-4">
        <pre data-scrolls className="overflow-x-auto rounded-control bg-sunken p-3 leading-5">
          {text}
        </pre>
        <Button className="mt-2" onClick={() => void copy(text, t('copied'))}>
          <Copy aria-hidden size={16} strokeWidth={1.5} />
          {t('copy')}
        </Button>
      </div>
    </details>
  );
}
