import { describe, expect, it } from 'vitest';
import { phaseParts, phaseRects, phaseScale } from './phases';

const call = (phases: object, duration_ms = 1000, status = 'success') => ({
  duration_ms,
  status,
  phases: { router_ms: null, wait_ms: null, first_token_ms: null, stream_ms: null, ...phases },
});

describe('the phases of a call', () => {
  it('of a stream: the first token counts from the arrival', () =>
    expect(phaseParts(call({ router_ms: 1, wait_ms: 200, first_token_ms: 500, stream_ms: 500 }))).toEqual([
      { phase: 'router', ms: 1 },
      { phase: 'wait', ms: 200 },
      { phase: 'first', ms: 299 },
      { phase: 'stream', ms: 500 },
    ]));
  it('of an answer in one piece, and of a failure', () => {
    expect(phaseParts(call({ router_ms: 2, wait_ms: 0 }))).toEqual([
      { phase: 'router', ms: 2 },
      { phase: 'answer', ms: 998 },
    ]);
    expect(phaseParts(call({ router_ms: 2 }, 10, 'error')).at(-1)).toEqual({ phase: 'failed', ms: 8 });
  });
  it('without any figure: the whole', () => expect(phaseParts(call({}))).toEqual([{ phase: 'answer', ms: 1000 }]));
});

describe('the scale', () => {
  it('is round and leaves single long calls out', () => {
    expect(phaseScale([...Array.from({ length: 99 }, () => 1800), 90_000])).toBe(2000);
    expect(phaseScale([4200])).toBe(5000);
    expect(phaseScale([])).toBe(1000);
  });
  it('places the parts one after another', () =>
    expect(
      phaseRects(
        [
          { phase: 'router', ms: 1 },
          { phase: 'first', ms: 500 },
          { phase: 'stream', ms: 9000 },
        ],
        1000,
        110,
      ),
    ).toEqual([
      { phase: 'router', x: 0, width: 1.5 },
      { phase: 'first', x: 0.1, width: 55 },
      { phase: 'stream', x: 55.1, width: 54.9 },
    ]));
});
