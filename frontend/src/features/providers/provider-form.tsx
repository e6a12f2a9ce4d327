import { useTranslations } from 'use-intl';
import { EntryForm } from '../entries/entry-form';
import type { DraftState } from '../entries/use-draft';
import { calledUrl } from './endpoint-url';
import { factsOf } from './kinds';
import { addressFields, limitFields, networkFields, otherFields, timeoutFields } from './provider-fields';
import { useProviderTexts } from './use-provider-texts';

export function ProviderForm({ type, state }: { type: string; state: DraftState }) {
  const t = useTranslations('providers.section');
  const texts = useProviderTexts(type);
  const hasApis = factsOf(type)?.hasApis;
  const address = addressFields.filter(({ id }) => id !== 'api' || hasApis || state.draft.api);
  const isMock = type === 'mock';
  return (
    <EntryForm
      state={state}
      texts={texts}
      sections={[
        ...(isMock
          ? []
          : [{ id: 'address', title: t('address'), fields: address, extra: <Preview type={type} state={state} /> }]),
        { id: 'limits', title: t('limits'), fields: limitFields, isFolded: true },
        { id: 'timeouts', title: t('timeouts'), fields: timeoutFields, isFolded: true },
        { id: 'network', title: t('network'), fields: networkFields, isFolded: true },
        { id: 'other', title: t('other'), fields: otherFields, isFolded: true },
      ]}
    />
  );
}

/** The whole URL that calls go to, while it is typed. */
function Preview({ type, state }: { type: string; state: DraftState }) {
  const t = useTranslations('providers.preview');
  const { baseUrl = '', endpoint = '', api = '' } = state.draft;
  const { url, problem } = calledUrl({ type, base: baseUrl, endpoint, api });
  return (
    <div aria-live="polite" className="rounded-control bg-sunken px-3 py-2 text-label">
      <p className="text-ink-3">{t('label')}</p>
      {problem ? (
        <p className={problem === 'missing' ? 'text-ink-3' : 'text-bad'}>{t(problem)}</p>
      ) : (
        <code className="break-all text-ink-1">POST {url}</code>
      )}
    </div>
  );
}
