import type { Schemas } from '@/api/client';
import type { ReportedModel } from '@/api/queries/reported';

export interface Reports {
  fresh: ReportedModel[];
  configured: ReportedModel[];
  gone: ReportedModel[];
}

export function groupReported(reported: readonly ReportedModel[]): Reports {
  const of = (state: 'new' | 'configured' | 'gone'): ReportedModel[] =>
    reported.filter((one) => one.state === state).sort((a, b) => a.name.localeCompare(b.name));
  return { fresh: of('new'), configured: of('configured'), gone: of('gone') };
}

export function matching(models: readonly ReportedModel[], text: string): ReportedModel[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(({ name, suggestion }) => {
    const all = [name, suggestion?.display_name, ...(suggestion?.tags ?? [])].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** What is sent for one that is added: its name and what is suggested. */
export function bodyOf(provider: string, { name, suggestion }: ReportedModel): Schemas['ModelBody'] {
  return {
    name,
    provider,
    ...(suggestion?.display_name ? { display_name: suggestion.display_name } : {}),
    ...(suggestion?.tags.length ? { tags: suggestion.tags } : {}),
    ...(suggestion && Object.keys(suggestion.config).length
      ? { config: suggestion.config as Schemas['ModelBody']['config'] }
      : {}),
  };
}
