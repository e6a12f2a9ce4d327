import { useSyncExternalStore } from 'react';
import { nearest } from './prepare/buckets';
import type { Box, Sample } from './prepare/model';

/** The moment under the pointer, for all charts of the page; the tooltip belongs to the chart that is hovered. */
interface Pointed {
  at: number;
  chart: string;
}

let pointed: Pointed | undefined;
const listeners = new Set<() => void>();

export const crosshair = {
  point(next: Pointed | undefined): void {
    if (pointed?.at === next?.at && pointed?.chart === next?.chart) return;
    pointed = next;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: (): Pointed | undefined => pointed,
};

export function useCrosshair(samples: readonly Sample[]): { sample: Sample; chart: string } | undefined {
  const found = useSyncExternalStore(crosshair.subscribe, crosshair.read);
  const [first, last] = [samples[0], samples.at(-1)];
  if (!found || !first || !last || found.at < first.from || found.at > last.to) return undefined;
  const sample = samples[nearest(samples, found.at)];
  return sample && { sample, chart: found.chart };
}

export function CrosshairLine({ samples, plot }: { samples: readonly Sample[]; plot: Box }) {
  const found = useCrosshair(samples);
  if (!found) return null;
  const { x } = found.sample;
  return <line x1={x} x2={x} y1={plot.top} y2={plot.bottom} stroke="var(--ink-3)" strokeDasharray="2 2" />;
}
