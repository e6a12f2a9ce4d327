import { useCallback, useEffect, useRef, useState } from 'react';
import { type Answer, beginning, withPiece } from './answer';
import type { BuiltRequest } from './request';
import { send } from './send';

type Sendable = Pick<BuiltRequest, 'path' | 'body'>;

export interface AnswerControl {
  answer: Answer | undefined;
  isRunning: boolean;
  /** Resolves with the answer as it ended. */
  start: (request: Sendable, isStream: boolean) => Promise<Answer>;
  stop: () => void;
  /** Shows an answer of before, or none. */
  show: (answer: Answer | undefined) => void;
}

/** One request at a time and what came of it; drawn at most once a frame. */
export function useAnswer(): AnswerControl {
  const [answer, setAnswer] = useState<Answer>();
  const abort = useRef<AbortController>(undefined);

  // Whoever leaves the page leaves the call.
  useEffect(() => () => abort.current?.abort(), []);

  const start = useCallback(async (request: Sendable, isStream: boolean): Promise<Answer> => {
    abort.current?.abort();
    const control = new AbortController();
    abort.current = control;
    const begun = performance.now();
    let latest = beginning(isStream);
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      if (!control.signal.aborted || abort.current === control) setAnswer(latest);
    };
    const change = (next: Answer): void => {
      latest = next;
      // A hidden page has no frames; it is drawn when it is seen again.
      frame ||= requestAnimationFrame(draw);
    };
    setAnswer(latest);
    const failure = await send(
      request,
      {
        onHead: ({ requestId, servedBy }) => change({ ...latest, requestId, servedBy }),
        onPiece: (piece) => change(withPiece(latest, piece, performance.now() - begun)),
      },
      control.signal,
    );
    const phase = failure ? 'failed' : control.signal.aborted ? 'stopped' : 'done';
    latest = { ...latest, phase, failure, durationMs: performance.now() - begun };
    latest.requestId ??= failure?.requestId;
    cancelAnimationFrame(frame);
    if (abort.current === control) {
      abort.current = undefined;
      setAnswer(latest);
    }
    return latest;
  }, []);

  const stop = useCallback(() => abort.current?.abort(), []);
  const show = useCallback((shown: Answer | undefined) => {
    abort.current?.abort();
    abort.current = undefined;
    setAnswer(shown);
  }, []);
  const isRunning = answer?.phase === 'waiting' || answer?.phase === 'streaming';
  return { answer, isRunning, start, stop, show };
}
