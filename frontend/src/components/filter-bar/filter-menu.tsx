import type { ReactElement } from 'react';
import { useTranslations } from 'use-intl';
import { Field, Input, Select } from '../ui/field';
import { Popover } from '../ui/popover';
import type { FilterField } from './tokens';

interface FilterMenuProps {
  fields: readonly FilterField[];
  values: Record<string, string | undefined>;
  onChange: (changes: Record<string, string | undefined>) => void;
  trigger: ReactElement;
}

/** Every filter as an ordinary form. */
export function FilterMenu({ fields, values, onChange, trigger }: FilterMenuProps) {
  const t = useTranslations('app.filter');
  return (
    <Popover label={t('add')} trigger={trigger} className="max-h-[70dvh] w-80 overflow-y-auto">
      <div className="flex flex-col gap-3">
        {fields.map((field) =>
          field.kind === 'flag' ? (
            <label key={field.name} className="flex min-h-6 items-center gap-2">
              <input
                type="checkbox"
                checked={values[field.name] !== undefined}
                onChange={(event) => onChange({ [field.name]: event.target.checked ? '1' : undefined })}
              />
              {field.label}
            </label>
          ) : (
            <Field key={field.name} label={field.label}>
              {(ids) => <FilterControl ids={ids} field={field} value={values[field.name] ?? ''} onChange={onChange} />}
            </Field>
          ),
        )}
      </div>
    </Popover>
  );
}

interface ControlProps {
  ids: { id?: string; 'aria-label'?: string };
  field: FilterField;
  value: string;
  onChange: FilterMenuProps['onChange'];
}

export function FilterControl({ ids, field, value, onChange }: ControlProps) {
  const set = (next: string): void => onChange({ [field.name]: next || undefined });
  if (!field.options) {
    return (
      <Input
        {...ids}
        key={value}
        placeholder={field.examples?.[0]}
        defaultValue={value}
        onBlur={(event) => event.target.value !== value && set(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && set(event.currentTarget.value)}
      />
    );
  }
  const isListed = value === '' || field.options.some((option) => option.value === value);
  return (
    <Select {...ids} value={value} onChange={(event) => set(event.target.value)}>
      <option value="">—</option>
      {isListed ? null : <option value={value}>{value}</option>}
      {field.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.count === undefined
            ? (option.label ?? option.value)
            : `${option.label ?? option.value} (${option.count})`}
        </option>
      ))}
    </Select>
  );
}
