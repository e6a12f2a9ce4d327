import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { modelsQuery } from '@/api/queries/models';
import { Field, Select } from '@/components/ui/field';
import { strategies, type TagQuery } from './draft';

interface TagQueryProps {
  query: TagQuery;
  onChange: (query: TagQuery) => void;
}

export function TagQueryFields({ query, onChange }: TagQueryProps) {
  const t = useTranslations('playground.target');
  const { data: models = [] } = useQuery(modelsQuery());
  const tags = [...new Set(models.flatMap(({ tags }) => tags))].sort();
  const types = [...new Set(models.map(({ provider_type }) => provider_type))].sort();
  const used = new Set([...query.all, ...query.any, ...query.none]);
  const free = tags.filter((tag) => !used.has(tag));
  const list = (name: 'all' | 'any' | 'none') => (
    <Chosen
      label={t(name)}
      values={query[name]}
      free={free}
      onChange={(values) => onChange({ ...query, [name]: values })}
    />
  );
  return (
    <div className="flex min-w-0 flex-col gap-2 rounded-control bg-sunken p-3">
      {list('all')}
      {list('any')}
      {list('none')}
      <Chosen
        label={t('types')}
        values={query.providerTypes}
        free={types.filter((type) => !query.providerTypes.includes(type))}
        onChange={(providerTypes) => onChange({ ...query, providerTypes })}
      />
      <Field label={t('strategy')}>
        {(ids) => (
          <Select
            {...ids}
            value={query.strategy}
            onChange={(event) => onChange({ ...query, strategy: event.target.value })}
          >
            <option value="">{t('strategyDefault')}</option>
            {strategies.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

interface ChosenProps {
  label: string;
  values: readonly string[];
  free: readonly string[];
  onChange: (values: string[]) => void;
}

/** Chosen words as chips, and the others to choose from. */
function Chosen({ label, values, free, onChange }: ChosenProps) {
  const t = useTranslations('playground.target');
  const id = useId();
  return (
    <div className="flex min-h-[30px] flex-wrap items-center gap-1.5">
      <label htmlFor={id} className="w-24 shrink-0 text-ink-2 text-label">
        {label}
      </label>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          title={t('remove', { name: value })}
          onClick={() => onChange(values.filter((one) => one !== value))}
          className="inline-flex min-h-6 items-center gap-1 rounded-chip border border-line-strong bg-surface px-1.5 text-label hover:text-bad touch:min-h-9"
        >
          {value}
          <X aria-hidden size={12} strokeWidth={1.5} />
          <span className="sr-only">{t('removeShort')}</span>
        </button>
      ))}
      <Select
        id={id}
        value=""
        onChange={(event) => event.target.value && onChange([...values, event.target.value])}
        className="w-24! text-ink-3"
      >
        <option value="">{t('add')}</option>
        {free.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </Select>
    </div>
  );
}
