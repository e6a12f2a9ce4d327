import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { runningConfigQuery } from '@/api/queries/config';
import { usePage } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Segmented } from '@/components/ui/segmented';
import { type Entry, keyEntry, modelEntry, providerEntry, sectionEntries } from './running';
import { type ConfigurationSearch, parts } from './search';

/** Read only: all that runs, as router.toml would say it. */
export function RunningPanel({ search }: { search: ConfigurationSearch }) {
  const t = useTranslations('configuration.running');
  const { set } = usePage();
  const copy = useCopy();
  const part = search.part ?? 'settings';
  const source = useQuery(runningConfigQuery());
  const { data } = source;
  const entries = useMemo<Record<(typeof parts)[number], Entry[]>>(
    () => ({
      settings: data ? sectionEntries(data) : [],
      providers: data?.providers.map(providerEntry) ?? [],
      models: data?.models.map(modelEntry) ?? [],
      keys: data?.api_keys.map(keyEntry) ?? [],
    }),
    [data],
  );
  const shown = entries[part];
  return (
    <Panel
      title={t('title')}
      sub={t('sub')}
      source={source}
      height={240}
      actions={
        <>
          <Segmented
            size="sm"
            label={t('part')}
            value={part}
            options={parts.map((value) => ({
              value,
              label: data && value !== 'settings' ? `${t(value)} ${entries[value].length}` : t(value),
            }))}
            onChange={(value) => set({ part: value === 'settings' ? undefined : value })}
          />
          <Button
            size="inline"
            variant="link"
            disabled={!shown.length}
            onClick={() => void copy(shown.map(({ text }) => text).join('\n'))}
          >
            <Copy aria-hidden size={16} strokeWidth={1.5} />
            {t('copy')}
          </Button>
        </>
      }
      empty={() => (shown.length ? null : <Empty title={t(`none.${part}`)} />)}
    >
      {() => (
        <section
          data-scrolls
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
          tabIndex={0}
          aria-label={t(part)}
          className="grid max-h-[480px] auto-rows-auto grid-cols-[repeat(auto-fill,minmax(min(100%,340px),1fr))] gap-px overflow-auto border-line border-t bg-line -outline-offset-2"
        >
          {shown.map(({ name, origin, text }) => (
            <div key={`${origin} ${name}`} className="min-w-0 bg-surface px-4 py-2.5">
              {origin === 'file' ? null : (
                <p className="mb-1 inline-block rounded-chip bg-info-bg px-1.5 text-info text-mark leading-5">
                  {t('origin', { origin })}
                </p>
              )}
              <pre className="whitespace-pre-wrap break-words leading-5">{text.trimEnd()}</pre>
            </div>
          ))}
        </section>
      )}
    </Panel>
  );
}
