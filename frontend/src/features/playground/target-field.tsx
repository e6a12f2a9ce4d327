import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { callableQuery } from '@/api/queries/callable';
import { Field, Input } from '@/components/ui/field';
import { Segmented } from '@/components/ui/segmented';
import { emptyQuery, type Target } from './draft';
import { TagQueryFields } from './tag-query';

interface TargetFieldProps {
  label: string;
  target: Target;
  onChange: (target: Target) => void;
}

/** Who is asked: a name as a client sends it, or a query over tags. */
export function TargetField({ label, target, onChange }: TargetFieldProps) {
  const t = useTranslations('playground.target');
  const { data } = useQuery(callableQuery());
  const list = useId();
  const { kind } = target;
  // A blank field is `auto`, and may stay blank while a name is typed.
  const [isBlank, setIsBlank] = useState(false);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          {target.kind === 'name' ? (
            <Field label={label}>
              {(ids) => (
                <Input
                  {...ids}
                  list={list}
                  value={isBlank ? '' : target.name}
                  onChange={(event) => {
                    setIsBlank(event.target.value === '');
                    onChange({ kind: 'name', name: event.target.value || 'auto' });
                  }}
                  placeholder="auto"
                  autoComplete="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  className="font-mono text-label"
                />
              )}
            </Field>
          ) : (
            <p className="flex h-[30px] items-center text-ink-2 text-label">{t('queryLabel')}</p>
          )}
        </div>
        <Segmented
          label={t('kind')}
          value={kind}
          options={[
            { value: 'name', label: t('name'), title: t('nameHint') },
            { value: 'query', label: t('query'), title: t('queryHint') },
          ]}
          onChange={(next) =>
            next !== kind &&
            onChange(next === 'name' ? { kind: next, name: 'auto' } : { kind: next, query: emptyQuery })
          }
        />
      </div>
      {target.kind === 'query' ? (
        <TagQueryFields query={target.query} onChange={(query) => onChange({ kind: 'query', query })} />
      ) : null}
      <datalist id={list}>
        <option value="auto" />
        {data?.data.map(({ id }) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </div>
  );
}
