import type { Call } from './tail';

/** The phases of a call as a bar: all bars of the page have one scale. */
export type Phase = 'router' | 'wait' | 'first' | 'stream' | 'answer' | 'failed';

export interface PhasePart {
  phase: Phase;
  ms: number;
}

export interface PhaseRect {
  phase: Phase;
  x: number;
  width: number;
}

/** In order, and together the whole duration. The API counts the first token from the call's arrival. */
export function phaseParts(call: Pick<Call, 'phases' | 'duration_ms' | 'status'>): PhasePart[] {
  const { router_ms, wait_ms, first_token_ms, stream_ms } = call.phases;
  const router = Math.max(0, router_ms ?? 0);
  const wait = Math.max(0, wait_ms ?? 0);
  const parts: PhasePart[] = [
    { phase: 'router', ms: router },
    { phase: 'wait', ms: wait },
  ];
  if (typeof first_token_ms === 'number') {
    parts.push({ phase: 'first', ms: Math.max(0, first_token_ms - router - wait) });
    parts.push({ phase: 'stream', ms: Math.max(0, stream_ms ?? call.duration_ms - first_token_ms) });
  } else {
    const rest = Math.max(0, call.duration_ms - router - wait);
    parts.push({ phase: call.status === 'error' ? 'failed' : 'answer', ms: rest });
  }
  return parts.filter(({ ms }) => ms > 0);
}

const share = 0.95;

/** The end of the scale: nearly all calls fit, and a single one of minutes does not flatten the others. */
export function phaseScale(durations: readonly number[]): number {
  if (!durations.length) return 1000;
  const sorted = [...durations].sort((a, b) => a - b);
  const most = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 1000;
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return (most <= unit ? 1 : most <= 2 * unit ? 2 : most <= 5 * unit ? 5 : 10) * unit;
}

/** The bar's rectangles; one that goes beyond the scale ends at its edge. */
export function phaseRects(parts: readonly PhasePart[], scale: number, width: number): PhaseRect[] {
  const rects: PhaseRect[] = [];
  let at = 0;
  for (const { phase, ms } of parts) {
    const x = Math.min(width, (at / scale) * width);
    const end = Math.min(width, ((at + ms) / scale) * width);
    at += ms;
    // What is too short to see still is there, at the cost of its neighbour.
    if (end - x >= 0.5 || rects.length === 0) {
      rects.push({ phase, x: round(x), width: round(Math.max(1.5, end - x)) });
    }
  }
  return rects;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export const phaseColours: Record<Phase, string> = {
  router: 'var(--heat-5)',
  wait: 'var(--heat-1)',
  first: 'var(--heat-2)',
  stream: 'var(--heat-4)',
  answer: 'var(--heat-3)',
  failed: 'var(--bad)',
};
