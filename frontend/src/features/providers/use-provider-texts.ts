import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { FieldTexts } from '../entries/entry-form';
import { factsOf } from './kinds';

const hinted = [
  'endpoint',
  'headers',
  'authScheme',
  'proxy',
  'maxConcurrent',
  'maxConnections',
  'probeInterval',
  'rest',
  'timeout',
] as const;
type Hinted = (typeof hinted)[number];
type FieldId = Parameters<ReturnType<typeof useTranslations<'providers.field'>>>[0];

const headers: Record<string, readonly [string, string]> = {
  claude: ['x-api-key', '""'],
  gemini: ['x-goog-api-key', '""'],
};

/** Labels, hints and built-in values of the fields of a provider. */
export function useProviderTexts(type: string): FieldTexts {
  const t = useTranslations('providers');
  return useMemo(() => {
    const facts = factsOf(type);
    const [header, scheme] = headers[type] ?? ['authorization', 'Bearer'];
    const builtIn: Record<string, string | undefined> = {
      baseUrl: facts?.base,
      endpoint: facts?.path || undefined,
      api: 'auto',
      maxConnections: '1024',
      maxConcurrent: t('builtIn.none'),
      tokensPerMinute: t('builtIn.none'),
      probeInterval: t('builtIn.noProbe'),
      connectTimeout: t('builtIn.timeouts', { key: 'connect' }),
      timeout: t('builtIn.timeouts', { key: 'head' }),
      firstChunkTimeout: t('builtIn.timeouts', { key: 'first_chunk' }),
      idleTimeout: t('builtIn.timeouts', { key: 'idle' }),
      authHeader: header,
      authScheme: scheme,
      proxy: t('builtIn.proxy'),
    };
    return {
      label: (id) => t(`field.${id as FieldId}`),
      hint: (id) => ((hinted as readonly string[]).includes(id) ? t(`hint.${id as Hinted}`) : undefined),
      builtIn: (id) => builtIn[id],
    };
  }, [t, type]);
}
