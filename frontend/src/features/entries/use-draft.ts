import { useMemo, useState } from 'react';
import { changedFields, type Draft, draftOf, type Entry, type FieldError, type FieldSpec, readDraft } from './fields';

export interface DraftState {
  draft: Draft;
  saved: Draft;
  /** The entry as the form describes it, and as it is. */
  entry: Entry;
  before: Entry;
  errors: Record<string, FieldError>;
  changed: readonly string[];
  set: (id: string, text: string) => void;
  discard: () => void;
}

/** The texts of a form over what the router has; what is not touched follows the router. */
export function useDraft(specs: readonly FieldSpec[], current: Entry): DraftState {
  const [edits, setEdits] = useState<Draft>({});
  return useMemo(() => {
    const saved = draftOf(specs, current);
    const draft = { ...saved, ...edits };
    const { entry, errors } = readDraft(specs, draft);
    return {
      draft,
      saved,
      entry,
      before: readDraft(specs, saved).entry,
      errors,
      changed: changedFields(saved, draft),
      set: (id, text) => setEdits((all) => ({ ...all, [id]: text })),
      discard: () => setEdits({}),
    };
  }, [specs, current, edits]);
}
