import type { VisibilityState } from '@tanstack/react-table';
import { useState } from 'react';

/** Which columns are shown, remembered for this browser under `llm-router.columns.<table>`. */
export function useColumns(table: string, initial: VisibilityState = {}) {
  const stored = `llm-router.columns.${table}`;
  const [visibility, setVisibility] = useState<VisibilityState>(() => {
    try {
      return { ...initial, ...JSON.parse(localStorage.getItem(stored) ?? '{}') };
    } catch {
      return initial;
    }
  });
  const show = (id: string, isShown: boolean): void => {
    const next = { ...visibility, [id]: isShown };
    localStorage.setItem(stored, JSON.stringify(next));
    setVisibility(next);
  };
  return { visibility, show };
}
