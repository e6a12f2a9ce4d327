import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import type { FieldTexts } from '../entries/entry-form';
import type { Draft } from '../entries/fields';
import { builtInCapability, type Capability, type ModelRow } from './prepare-rows';

const hinted = ['tags', 'remote', 'context', 'fallbacks', 'params', 'rest', 'maxWait', 'weight'] as const;
type Hinted = (typeof hinted)[number];
type FieldId = Parameters<ReturnType<typeof useTranslations<'models.field'>>>[0];

/** Labels, hints and built-in values of the fields of a model. */
export function useModelTexts(
  name: string,
  draft: Draft,
  rows: readonly ModelRow[],
  model: Schemas['ModelView'] | undefined,
): FieldTexts {
  const t = useTranslations('models');
  const tf = useTranslations('entries.form');
  const maxRequests = draft.maxRequests ?? '';
  return useMemo(() => {
    const takes = (capability: Capability): string => {
      const value = model && builtInCapability(model, capability);
      return value === undefined
        ? t('builtIn.unknownCapability')
        : t('builtIn.capability', { value: tf(value ? 'yes' : 'no') });
    };
    const builtIn: Record<string, string | undefined> = {
      remote: name || undefined,
      vision: takes('vision'),
      tools: takes('tools'),
      audio: takes('audio'),
      video: takes('video'),
      cached: t('builtIn.asInput'),
      cacheWrite: t('builtIn.asInput'),
      reasoning: t('builtIn.asOutput'),
      priority: '0',
      weight: '1',
      burst: maxRequests || t('builtIn.asRequests'),
      maxWait: '0',
      maxConcurrent: t('builtIn.none'),
      tokensPerMinute: t('builtIn.none'),
    };
    const tags = [...new Set(rows.flatMap(({ model }) => model.tags))].sort();
    return {
      label: (id) => t(`field.${id as FieldId}`),
      hint: (id) => ((hinted as readonly string[]).includes(id) ? t(`hint.${id as Hinted}`) : undefined),
      builtIn: (id) => builtIn[id],
      choices: (id) => (id === 'tags' ? tags : undefined),
    };
  }, [t, tf, name, maxRequests, rows, model]);
}
