import clsx from 'clsx';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { FieldSpec } from './fields';
import { FormField } from './form-field';
import type { DraftState } from './use-draft';

interface FormSection {
  id: string;
  title: string;
  fields: readonly FieldSpec[];
  /** Folded until something in it is set. */
  isFolded?: boolean;
  /** Beside the fields. */
  extra?: ReactNode;
}

export interface FieldTexts {
  label: (id: string) => string;
  hint: (id: string) => ReactNode;
  /** What holds where the field is empty. */
  builtIn: (id: string) => string | undefined;
  /** Suggestions while typing. */
  choices?: (id: string) => readonly string[] | undefined;
}

interface EntryFormProps {
  sections: readonly FormSection[];
  state: DraftState;
  texts: FieldTexts;
}

/** All fields of an entry; each says whether it is set or built in. */
export function EntryForm({ sections, state, texts }: EntryFormProps) {
  return sections.map((section) => <Section key={section.id} section={section} state={state} texts={texts} />);
}

function Section({ section, state, texts }: { section: FormSection } & Omit<EntryFormProps, 'sections'>) {
  const t = useTranslations('entries.form');
  const set = section.fields.filter(({ id, kind }) => kind !== 'switch' && state.draft[id]).length;
  const fields = (
    <div className="grid grid-cols-2 gap-x-4 gap-y-3 max-sm:grid-cols-1">
      {section.fields.map((spec) => (
        <div key={spec.id} className={clsx(spec.isWide && 'sm:col-span-2', 'min-w-0')}>
          <FormField spec={spec} state={state} texts={texts} />
        </div>
      ))}
      {section.extra ? <div className="sm:col-span-2">{section.extra}</div> : null}
    </div>
  );
  if (!section.isFolded) {
    return (
      <section className="border-line border-b px-4 pt-3 pb-4">
        <h3 className="mb-2 font-normal text-ink-3 text-label">{section.title}</h3>
        {fields}
      </section>
    );
  }
  const hasError = section.fields.some(({ id }) => state.errors[id]);
  return (
    <details open={set > 0 || hasError} className="group border-line border-b">
      <summary className="flex min-h-9 cursor-pointer items-center gap-2 px-4 text-ink-3 text-label hover:text-ink-1 touch:min-h-11">
        <h3 className="font-normal">{section.title}</h3>
        <span className="ml-auto">{set ? t('set', { count: set }) : t('nothingSet')}</span>
      </summary>
      <div className="px-4 pt-1 pb-4">{fields}</div>
    </details>
  );
}
