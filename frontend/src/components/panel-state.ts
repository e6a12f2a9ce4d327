import { useEffect, useState } from 'react';

/** The part of a query that a panel looks at; several queries become one by `together`. */
export interface Source<Data> {
  data: Data | undefined;
  error: Error | null;
  isPlaceholderData: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

type DataOf<Sources extends readonly Source<unknown>[]> = {
  [Index in keyof Sources]: Sources[Index] extends Source<infer Data> ? Data : never;
};

/** One source of several: there when all are there, failed when one failed, as old as the oldest. */
export function together<const Sources extends readonly Source<unknown>[]>(
  ...sources: Sources
): Source<DataOf<Sources>> {
  const isThere = sources.every(({ data }) => data !== undefined);
  return {
    data: isThere ? (sources.map(({ data }) => data) as DataOf<Sources>) : undefined,
    error: sources.find(({ error }) => error)?.error ?? null,
    isPlaceholderData: sources.some(({ isPlaceholderData }) => isPlaceholderData),
    dataUpdatedAt: Math.min(...sources.map(({ dataUpdatedAt }) => dataUpdatedAt)),
    refetch: () => {
      for (const source of sources) source.refetch();
    },
  };
}

/** True once `isOn` has lasted; what loads faster shows no sign of it. */
export function useDelayed(isOn: boolean, ms = 200): boolean {
  const [isDue, setIsDue] = useState(false);
  useEffect(() => {
    if (!isOn) {
      setIsDue(false);
      return;
    }
    const timer = setTimeout(() => setIsDue(true), ms);
    return () => clearTimeout(timer);
  }, [isOn, ms]);
  return isOn && isDue;
}
