import { useTranslations } from 'use-intl';
import { Field, Input, Select } from '@/components/ui/field';
import { type Draft, type Parameter, parameters } from './draft';

interface ParametersProps {
  values: Draft['parameters'];
  faults: readonly Parameter[];
  onChange: (values: Draft['parameters']) => void;
}

const ranges: Partial<Record<Parameter, string>> = {
  temperature: '0 … 2',
  top_p: '0 … 1',
  presence_penalty: '−2 … 2',
  frequency_penalty: '−2 … 2',
};
const efforts = ['none', 'minimal', 'low', 'medium', 'high'];

/** Blank is the model's own. The names are the API's. */
export function Parameters({ values, faults, onChange }: ParametersProps) {
  const t = useTranslations('playground.parameters');
  return (
    <div className="grid grid-cols-2 gap-x-3 gap-y-2">
      {parameters.map((name) => (
        <Field key={name} label={name} error={faults.includes(name) ? t('number') : undefined}>
          {(ids) =>
            name === 'reasoning_effort' ? (
              <Select
                {...ids}
                value={values[name]}
                onChange={(event) => onChange({ ...values, [name]: event.target.value })}
              >
                <option value="">{t('default')}</option>
                {[...new Set([...efforts, values[name]])].filter(Boolean).map((effort) => (
                  <option key={effort}>{effort}</option>
                ))}
              </Select>
            ) : (
              <Input
                {...ids}
                inputMode={name === 'stop' ? 'text' : 'decimal'}
                value={values[name]}
                placeholder={ranges[name] ?? t('default')}
                onChange={(event) => onChange({ ...values, [name]: event.target.value })}
                autoComplete="off"
                className={name === 'stop' ? undefined : 'tabular'}
              />
            )
          }
        </Field>
      ))}
    </div>
  );
}
