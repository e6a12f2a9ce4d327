import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { useTranslations } from 'use-intl';
import { modelsQuery } from '@/api/queries/models';
import { Field, Input, Select } from '@/components/ui/field';
import { Segmented } from '@/components/ui/segmented';
import { AllowedField } from './form-allowed';
import { BoundsFields } from './form-bounds';
import { type FormErrors, type FormValues, listOf, matching } from './form-values';

interface KeyFormProps {
  values: FormValues;
  errors: FormErrors;
  onChange: (changes: Partial<FormValues>) => void;
  /** A new key is in use at once; an old one can be switched off. */
  isNew: boolean;
}

const days = [7, 30, 90, 365] as const;

/** All that a key may and may not do. */
export function KeyForm({ values, errors, onChange, isNew }: KeyFormProps) {
  const t = useTranslations('keys.form');
  const roles = useTranslations('keys.role');
  const error = (field: keyof FormValues): string | undefined => {
    const problem = errors[field];
    return problem ? t(`problem.${problem}`) : undefined;
  };
  const { data: models } = useQuery(modelsQuery());
  const names = models?.map(({ provider_name, name }) => `${provider_name}/${name}`);
  const modelHint =
    !values.models.isAll && names
      ? t('models.matching', { count: matching(listOf(values.models.text), names), all: names.length })
      : t('models.hint');
  const number = (field: 'requests' | 'tokens' | 'budgetUsd' | 'budgetTokens', label: string) => (
    <Field label={label} error={error(field)}>
      {(ids) => (
        <Input
          {...ids}
          inputMode="decimal"
          placeholder={t('unlimited')}
          value={values[field]}
          onChange={(event) => onChange({ [field]: event.target.value.trim() })}
        />
      )}
    </Field>
  );
  return (
    <div className="flex flex-col gap-5">
      <div className="grid gap-3 sm:grid-cols-[1fr_auto]">
        <Field label={t('name.label')} error={error('name')} hint={isNew ? t('name.hint') : undefined}>
          {(ids) => (
            <Input
              {...ids}
              data-first
              maxLength={200}
              autoComplete="off"
              value={values.name}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
        <div className="flex flex-col items-start gap-1">
          <span className="text-ink-2 text-label">{t('role')}</span>
          <Segmented
            label={t('role')}
            value={values.role}
            options={(['user', 'admin'] as const).map((value) => ({ value, label: roles(value) }))}
            onChange={(role) => onChange({ role })}
          />
        </div>
      </div>
      <Expiry values={values} error={error('expires')} onChange={onChange} />
      {isNew ? null : (
        <Check
          label={t('active.label')}
          hint={t('active.hint')}
          isOn={values.isActive}
          onChange={(isActive) => onChange({ isActive })}
        />
      )}
      <Group title={t('allowed')}>
        <AllowedField
          label={t('models.label')}
          placeholder="openai/*, claude/claude-5-sonnet"
          hint={modelHint}
          value={values.models}
          onChange={(next) => onChange({ models: next })}
        />
        <AllowedField
          label={t('providers')}
          placeholder="openai, claude"
          value={values.providers}
          onChange={(providers) => onChange({ providers })}
        />
        <AllowedField
          label={t('tags.label')}
          placeholder="coding, fast"
          hint={values.tags.isAll ? undefined : t('tags.hint')}
          value={values.tags}
          onChange={(tags) => onChange({ tags })}
        />
        <AllowedField
          label={t('ips')}
          placeholder="10.0.0.0/8, 192.168.1.7"
          value={values.ips}
          onChange={(ips) => onChange({ ips })}
        />
      </Group>
      <Group title={t('limits')}>
        <div className="grid grid-cols-2 gap-3">
          {number('requests', t('requests'))}
          {number('tokens', t('tokens'))}
        </div>
      </Group>
      <Group title={t('budget')}>
        <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          {number('budgetUsd', t('usd'))}
          {number('budgetTokens', t('budgetTokens'))}
          <Field label={t('per.label')}>
            {(ids) => (
              <Select
                {...ids}
                value={values.per}
                onChange={(event) => onChange({ per: event.target.value as FormValues['per'] })}
              >
                {(['day', 'month', 'total'] as const).map((per) => (
                  <option key={per} value={per}>
                    {t(`per.${per}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('zone')} error={error('zone')}>
            {(ids) => (
              <Input
                {...ids}
                placeholder="UTC"
                disabled={values.per === 'total'}
                value={values.zone}
                onChange={(event) => onChange({ zone: event.target.value.trim() })}
              />
            )}
          </Field>
        </div>
        <Check
          label={t('unpriced.label')}
          hint={t('unpriced.hint')}
          isOn={values.allowsUnpriced}
          onChange={(allowsUnpriced) => onChange({ allowsUnpriced })}
        />
      </Group>
      <Group title={t('bounds.title')}>
        <BoundsFields bounds={values.bounds} error={error('bounds')} onChange={(bounds) => onChange({ bounds })} />
      </Group>
      <Check
        label={t('bodies.label')}
        hint={t('bodies.hint')}
        isOn={values.recordsBodies}
        onChange={(recordsBodies) => onChange({ recordsBodies })}
      />
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 border-line border-t pt-3">
      <legend className="float-left mb-0 w-full font-medium">{title}</legend>
      {children}
    </fieldset>
  );
}

interface CheckProps {
  label: string;
  hint: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

function Check({ label, hint, isOn, onChange }: CheckProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        id={id}
        type="checkbox"
        className="mt-1 size-3.5 shrink-0 accent-ink-1"
        aria-describedby={`${id}-hint`}
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        <p id={`${id}-hint`} className="text-ink-3 text-label">
          {hint}
        </p>
      </div>
    </div>
  );
}

interface ExpiryProps {
  values: FormValues;
  error: string | undefined;
  onChange: (changes: Partial<FormValues>) => void;
}

function Expiry({ values: { expires }, error, onChange }: ExpiryProps) {
  const t = useTranslations('keys.form');
  const isDay = expires === '' || /^\d{4}-\d{2}-\d{2}$/.test(expires);
  const dayIn = (count: number): string => new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
  return (
    <Field label={t('expires.label')} error={error} hint={t('expires.hint')}>
      {(ids) => (
        <div className="flex flex-wrap items-center gap-2">
          <Input
            {...ids}
            className="w-44!"
            type={isDay ? 'date' : 'text'}
            value={expires}
            onChange={(event) => onChange({ expires: event.target.value })}
          />
          <span className="flex flex-wrap gap-x-3">
            {days.map((count) => (
              <button
                key={count}
                type="button"
                className="min-h-6 text-accent hover:underline"
                onClick={() => onChange({ expires: dayIn(count) })}
              >
                {t('expires.in', { count })}
              </button>
            ))}
            <button
              type="button"
              className="min-h-6 text-accent hover:underline"
              onClick={() => onChange({ expires: '' })}
            >
              {t('expires.never')}
            </button>
          </span>
        </div>
      )}
    </Field>
  );
}
