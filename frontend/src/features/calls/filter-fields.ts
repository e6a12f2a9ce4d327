import type { Schemas } from '@/api/client';
import type { FilterField } from '@/components/filter-bar/tokens';

type FieldName =
  | 'status'
  | 'model'
  | 'provider'
  | 'key'
  | 'tag'
  | 'error'
  | 'endpoint'
  | 'duration'
  | 'cost'
  | 'attempts'
  | 'unpriced'
  | 'session'
  | 'request';

interface FieldOptions {
  facets: Schemas['FacetsView'] | undefined;
  label: (name: FieldName) => string;
  /** For callers without a key. */
  local: string;
  /** A key's owner sees its own calls only. */
  hasKeys: boolean;
}

function options(views: readonly Schemas['FacetView'][] | undefined): FilterField['options'] {
  return views?.map(({ name, calls }) => ({ value: name, count: calls }));
}

/** The filters of the bar, with what they can be from the facets. */
export function filterFields({ facets, label, local, hasKeys }: FieldOptions): FilterField[] {
  const value = (name: FieldName, views: readonly Schemas['FacetView'][] | undefined): FilterField => {
    const known = options(views);
    return { name, label: label(name), kind: 'value', ...(known ? { options: known } : {}) };
  };
  const bound = (name: FieldName, examples: string[]): FilterField => ({
    name,
    label: label(name),
    kind: 'bound',
    examples,
  });
  const key = value('key', facets?.keys);
  return [
    value('status', facets?.statuses),
    value('model', facets?.models),
    value('provider', facets?.providers),
    ...(hasKeys ? [key.options ? { ...key, options: [...key.options, { value: '0', label: local }] } : key] : []),
    value('tag', facets?.tags),
    value('error', facets?.error_codes),
    value('endpoint', facets?.endpoints),
    bound('duration', ['1s', '5s', '30s']),
    bound('cost', ['0.01', '0.1', '1']),
    bound('attempts', ['1', '2']),
    { name: 'unpriced', label: label('unpriced'), kind: 'flag' },
    value('session', undefined),
    value('request', undefined),
  ];
}
