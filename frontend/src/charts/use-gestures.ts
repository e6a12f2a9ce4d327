import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react';
import { crosshair } from './crosshair';
import { nearest } from './prepare/buckets';
import type { ChartModel, Sample } from './prepare/model';

export interface Gestures {
  /** A dragged span of time. */
  onZoom?: ((from: number, to: number) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
  /** The calls of one sample. */
  onOpen?: ((sample: Sample) => void) | undefined;
}

const leastDrag = 5;

/** Pointer and keys over a chart: crosshair, drag to zoom, double click out, arrows, Enter. */
export function useGestures(model: ChartModel | undefined, { onZoom, onZoomOut, onOpen }: Gestures) {
  const id = useId();
  const start = useRef<number | undefined>(undefined);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const samples = model?.samples ?? [];
  const first = samples[0];
  const last = samples.at(-1);

  const xOf = (event: PointerEvent): number => {
    const plot = model?.plot ?? { left: 0, right: 0 };
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return Math.max(plot.left, Math.min(plot.right, x));
  };
  const momentAt = (x: number): number => {
    if (!model || !first || !last) return 0;
    const { left, right } = model.plot;
    return first.from + ((x - left) / (right - left)) * (last.to - first.from);
  };
  const walk = (step: number): void => {
    const pointed = crosshair.read();
    const now = pointed ? nearest(samples, pointed.at) : step > 0 ? -1 : samples.length;
    const next = samples[Math.max(0, Math.min(samples.length - 1, now + step))];
    if (next) crosshair.point({ at: (next.from + next.to) / 2, chart: id });
  };

  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || event.pointerType === 'touch' || !onZoom) return;
      start.current = xOf(event);
    },
    onPointerMove: (event: PointerEvent) => {
      const x = xOf(event);
      if (start.current !== undefined && Math.abs(x - start.current) > leastDrag) {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: Math.min(start.current, x), to: Math.max(start.current, x) });
      }
      if (first) crosshair.point({ at: Math.min(momentAt(x), (last?.to ?? 0) - 1), chart: id });
    },
    onPointerUp: () => {
      start.current = undefined;
      if (!drag) return;
      setDrag(undefined);
      const from = samples[nearest(samples, momentAt(drag.from))];
      const to = samples[nearest(samples, momentAt(drag.to) - 1)];
      if (from && to) onZoom?.(from.from, to.to);
    },
    onPointerLeave: () => crosshair.point(undefined),
    onPointerCancel: () => {
      start.current = undefined;
      setDrag(undefined);
    },
    onDoubleClick: () => onZoomOut?.(),
    onBlur: () => crosshair.point(undefined),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') walk(event.key === 'ArrowRight' ? 1 : -1);
      else if (event.key === 'Home') walk(-samples.length);
      else if (event.key === 'End') walk(samples.length);
      else if (event.key === 'Escape') crosshair.point(undefined);
      else if (event.key === 'Enter') {
        const pointed = crosshair.read();
        const sample = pointed && samples[nearest(samples, pointed.at)];
        if (sample) onOpen?.(sample);
      } else return;
      event.preventDefault();
    },
  };
  return { id, handlers, drag };
}
