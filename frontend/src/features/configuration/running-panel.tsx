import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { keysQuery } from '@/api/queries/keys';
import { modelsQuery } from '@/api/queries/models';
import { providersQuery } from '@/api/queries/providers';
import { usePage } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { together } from '@/components/panel-state';
import { useCopy } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Segmented } from '@/components/ui/segmented';
import { type Entry, keyEntry, modelEntry, providerEntry } from './running';
import { type ConfigurationSearch, parts } from './search';

/** Read only: the file with what was changed over REST, as router.toml would say it. */
export function RunningPanel({ search }: { search: ConfigurationSearch }) {
  const t = useTranslations('configuration.running');
  const { set } = usePage();
  const copy = useCopy();
  const part = search.part ?? 'providers';
  const providers = useQuery(providersQuery());
  const models = useQuery(modelsQuery());
  const keys = useQuery(keysQuery());
  const source = together(providers, models, keys);
  const { data } = source;
  const entries = useMemo<Record<(typeof parts)[number], Entry[]>>(() => {
    const [all, named, secret] = data ?? [[], [], []];
    return { providers: all.map(providerEntry), models: named.map(modelEntry), keys: secret.map(keyEntry) };
  }, [data]);
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
              label: `${t(value)} ${data ? entries[value].length : ''}`.trim(),
            }))}
            onChange={(value) => set({ part: value === 'providers' ? undefined : value })}
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
