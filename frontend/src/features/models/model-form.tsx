import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { EntryForm } from '../entries/entry-form';
import type { DraftState } from '../entries/use-draft';
import { capabilityFields, generalFields, limitFields, otherFields, priceFields, routingFields } from './model-fields';
import type { ModelRow } from './prepare-rows';
import { useModelTexts } from './use-model-texts';

interface ModelFormProps {
  name: string;
  state: DraftState;
  rows: readonly ModelRow[];
  /** Absent for one that is being made. */
  model?: Schemas['ModelView'];
}

export function ModelForm({ name, state, rows, model }: ModelFormProps) {
  const t = useTranslations('models.section');
  const texts = useModelTexts(name, state.draft, rows, model);
  return (
    <EntryForm
      state={state}
      texts={texts}
      sections={[
        { id: 'general', title: t('general'), fields: generalFields },
        { id: 'capabilities', title: t('capabilities'), fields: capabilityFields },
        { id: 'prices', title: t('prices'), fields: priceFields },
        { id: 'routing', title: t('routing'), fields: routingFields, isFolded: true },
        { id: 'limits', title: t('limits'), fields: limitFields, isFolded: true },
        { id: 'other', title: t('other'), fields: otherFields, isFolded: true },
      ]}
    />
  );
}
