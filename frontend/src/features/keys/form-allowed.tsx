import { useTranslations } from 'use-intl';
import { Field, Input } from '@/components/ui/field';
import { Segmented } from '@/components/ui/segmented';
import { type Allowed, listOf } from './form-values';

interface AllowedFieldProps {
  label: string;
  placeholder: string;
  hint?: string | undefined;
  value: Allowed;
  onChange: (value: Allowed) => void;
}

/** All, or only what is named. Naming nothing allows nothing, and the form says so. */
export function AllowedField({ label, placeholder, hint, value, onChange }: AllowedFieldProps) {
  const t = useTranslations('keys.form');
  const isNothing = !value.isAll && listOf(value.text).length === 0;
  const field = (
    <Field label={label} hint={isNothing ? t('allowsNothing') : hint}>
      {(ids) =>
        value.isAll ? (
          <Input {...ids} disabled placeholder={t('everything')} value="" readOnly />
        ) : (
          <Input
            {...ids}
            className="font-mono text-label"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            value={value.text}
            onChange={(event) => onChange({ ...value, text: event.target.value })}
          />
        )
      }
    </Field>
  );
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">{field}</div>
      <div className="pt-5">
        <Segmented
          label={label}
          value={value.isAll ? 'all' : 'only'}
          options={(['all', 'only'] as const).map((one) => ({ value: one, label: t(one) }))}
          onChange={(next) => onChange({ ...value, isAll: next === 'all' })}
        />
      </div>
    </div>
  );
}
