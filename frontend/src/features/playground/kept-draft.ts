import { type Draft, emptyDraft } from './draft';

const stored = 'llm-router.playground';

/** What was being written survives a look at another page, and a reload. */
export function keptDraft(): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(stored) ?? 'null');
    return kept ? { ...emptyDraft(), ...(kept as Draft) } : emptyDraft();
  } catch {
    return emptyDraft();
  }
}

export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(stored, JSON.stringify(draft));
  } catch {
    // Too large with its images: the texts are worth more.
    const messages = draft.messages.map((message) => ({ ...message, images: [] }));
    try {
      sessionStorage.setItem(stored, JSON.stringify({ ...draft, messages }));
    } catch {
      sessionStorage.removeItem(stored);
    }
  }
}
