import { useTranslations } from 'use-intl';
import { Field, Input } from '@/components/ui/field';
import { factsOf } from './kinds';

interface KeyFieldProps {
  type: string;
  hasKey: boolean;
  value: string;
  onChange: (key: string) => void;
}

/** Goes to the router and never comes back. */
export function KeyField({ type, hasKey, value, onChange }: KeyFieldProps) {
  const t = useTranslations('providers.key');
  const facts = factsOf(type);
  if (facts?.key === 'none') return null;
  const page = facts?.keyPage;
  return (
    <Field
      label={t('label')}
      aside={
        page ? (
          <a href={page} target="_blank" rel="noreferrer" className="text-accent hover:underline">
            {t('get', { host: new URL(page).host })}
          </a>
        ) : undefined
      }
      hint={facts?.variable ? t('hintVariable', { variable: facts.variable }) : t('hint')}
    >
      {(ids) => (
        <Input
          {...ids}
          type="password"
          autoComplete="new-password"
          spellCheck={false}
          placeholder={t(hasKey ? 'replace' : facts?.key === 'needed' ? 'needed' : 'optional')}
          value={value}
          onChange={(event) => onChange(event.target.value.trim())}
          className="font-mono text-label"
        />
      )}
    </Field>
  );
}
