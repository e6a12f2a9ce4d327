import type { Schemas } from '@/api/client';

/** What figures are split by. The names are also those of the filters in the URL. */
export const groups = ['model', 'provider', 'key', 'tag'] as const;
export type GroupBy = (typeof groups)[number];

/** Calls without a key have no name of their own; a key cannot be named like this. */
export const localKey = '';

/** How series name them. */
export const localGroup = 'local';

export interface NamedFigures {
  name: string;
  figures: Schemas['Figures'];
}

/** The sums of a statistics answer by the name of the group. */
export function namedFigures(statistics: Schemas['StatisticsAnswer'], by: GroupBy): NamedFigures[] {
  switch (by) {
    case 'model':
      return statistics.by_model.map((figures) => ({
        name: `${figures.provider_name}/${figures.model_name}`,
        figures,
      }));
    case 'provider':
      return statistics.by_provider.map((figures) => ({ name: figures.provider_name, figures }));
    case 'key':
      return statistics.by_key.map((figures) => ({ name: figures.api_key ?? localKey, figures }));
    case 'tag':
      return statistics.by_tag.map((figures) => ({ name: figures.tag, figures }));
  }
}

/** The group of the calls that came without a key. */
export function isLocal(group: Schemas['Group'], by: GroupBy): boolean {
  return by === 'key' && !group.is_others && (group.api_key_id === null || group.api_key_id === undefined);
}
