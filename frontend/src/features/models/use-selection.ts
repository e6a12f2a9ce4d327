import { useMemo, useState } from 'react';

export interface Selection {
  ids: ReadonlySet<string>;
  has: (id: string) => boolean;
  setAll: (ids: readonly string[], isOn: boolean) => void;
  clear: () => void;
}

/** The chosen rows; those that are gone are no longer chosen. */
export function useSelection(existing: ReadonlySet<string>): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return useMemo(() => {
    const ids = new Set([...chosen].filter((id) => existing.has(id)));
    return {
      ids,
      has: (id) => ids.has(id),
      setAll: (some, isOn) =>
        setChosen((before) => {
          const next = new Set(before);
          for (const id of some) {
            if (isOn) next.add(id);
            else next.delete(id);
          }
          return next;
        }),
      clear: () => setChosen(new Set()),
    };
  }, [chosen, existing]);
}
