import { useEffect, useState } from 'react';

/** Milliseconds since `isRunning` became true, ten times a second. */
export function useElapsed(isRunning: boolean): number {
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    if (!isRunning) return;
    const begun = performance.now();
    setElapsed(0);
    const timer = setInterval(() => setElapsed(performance.now() - begun), 100);
    return () => clearInterval(timer);
  }, [isRunning]);
  return elapsed;
}
