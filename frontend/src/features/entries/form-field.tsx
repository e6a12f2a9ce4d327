import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { Field, Input, Select, Textarea } from '@/components/ui/field';
import type { FieldTexts } from './entry-form';
import type { FieldSpec } from './fields';
import type { DraftState } from './use-draft';

interface FormFieldProps {
  spec: FieldSpec;
  state: DraftState;
  texts: FieldTexts;
}

export function FormField({ spec, state, texts }: FormFieldProps) {
  const t = useTranslations('entries.form');
  const { id, kind } = spec;
  const value = state.draft[id] ?? '';
  const error = state.errors[id];
  const builtIn = texts.builtIn(id);
  if (kind === 'switch') {
    return (
      <label className="flex min-h-[30px] items-center gap-2 touch:min-h-11">
        <input
          type="checkbox"
          checked={value !== 'false'}
          onChange={(event) => state.set(id, String(event.target.checked))}
        />
        {texts.label(id)}
        {state.changed.includes(id) ? <Changed /> : null}
      </label>
    );
  }
  return (
    <Field
      label={texts.label(id)}
      aside={
        state.changed.includes(id) ? (
          <Changed />
        ) : value ? (
          builtIn === undefined ? null : (
            <span title={t('overrides', { value: builtIn })} className="text-ink-1">
              {t('override')}
            </span>
          )
        ) : builtIn === undefined ? null : (
          <span>{t('builtIn')}</span>
        )
      }
      hint={texts.hint(id)}
      error={error ? t(`error.${error}`, { least: String(spec.least ?? 0) }) : undefined}
    >
      {(ids) => <Control ids={ids} value={value} builtIn={builtIn} {...{ spec, state, texts }} />}
    </Field>
  );
}

function Changed() {
  const t = useTranslations('entries.form');
  return <span className="font-medium text-accent">{t('changed')}</span>;
}

interface ControlProps extends FormFieldProps {
  ids: { id: string };
  value: string;
  builtIn: string | undefined;
}

function Control({ spec, state, texts, ids, value, builtIn }: ControlProps) {
  const t = useTranslations('entries.form');
  const listId = useId();
  const set = (text: string): void => state.set(spec.id, text);
  switch (spec.kind) {
    case 'yesno':
      return (
        <Select {...ids} value={value} onChange={(event) => set(event.target.value)}>
          <option value="">{builtIn ?? t('unset')}</option>
          <option value="true">{t('yes')}</option>
          <option value="false">{t('no')}</option>
        </Select>
      );
    case 'choice':
      return (
        <Select {...ids} value={value} onChange={(event) => set(event.target.value)}>
          {spec.isRequired ? null : <option value="">{builtIn ?? t('unset')}</option>}
          {spec.options?.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </Select>
      );
    case 'long':
    case 'lines':
    case 'json':
    case 'rest': {
      const isCode = spec.kind !== 'long';
      const lines = Math.min(12, Math.max(2, value.split('\n').length));
      return (
        <Textarea
          {...ids}
          rows={lines}
          spellCheck={!isCode}
          placeholder={builtIn}
          value={value}
          onChange={(event) => set(event.target.value)}
          className={isCode ? 'font-mono text-label' : undefined}
        />
      );
    }
    default: {
      const choices = texts.choices?.(spec.id);
      const isNumber = ['whole', 'number', 'price', 'size'].includes(spec.kind);
      return (
        <>
          <Input
            {...ids}
            autoComplete="off"
            spellCheck={false}
            inputMode={isNumber && spec.kind !== 'size' ? 'decimal' : undefined}
            list={choices ? listId : undefined}
            placeholder={builtIn}
            value={value}
            onChange={(event) => set(event.target.value)}
            className={isNumber ? 'tabular' : undefined}
          />
          {choices ? (
            <datalist id={listId}>
              {choices.map((choice) => (
                <option key={choice} value={choice} />
              ))}
            </datalist>
          ) : null}
        </>
      );
    }
  }
}
