import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Schemas } from '@/api/client';
import { explainQuery } from '@/api/queries/explain';
import type { CallDetail } from '@/api/queries/invocations';
import { modelsQuery } from '@/api/queries/models';
import { recordedCallQuery } from '@/api/queries/recorded-call';
import type { Source } from '@/components/panel-state';
import type { Draft, Target } from './draft';
import { type Prices, pricesOf } from './prepare-candidates';
import { type Figure, prepareFigures } from './prepare-figures';
import { type BuiltRequest, buildRequest, withoutImageData } from './request';
import { type AnswerControl, useAnswer } from './use-answer';
import { useDebounced } from './use-debounced';
import { useElapsed } from './use-elapsed';

const pause = 300;

/** One column: a request to one target, who would serve it, and what came of it. */
export interface Side {
  target: Target;
  request: BuiltRequest;
  explanation: Source<Schemas['Explanation']>;
  prices: ReadonlyMap<string, Prices>;
  control: AnswerControl;
  call: CallDetail | undefined;
  recordError: Error | null;
  figures: Figure[];
}

export function useSide(draft: Draft, target: Target, isShown: boolean): Side {
  const request = useMemo(() => buildRequest(draft, target), [draft, target]);
  const asked = useDebounced(
    useMemo(() => explainable(request), [request]),
    pause,
  );
  const isNamed = target.kind === 'query' || target.name.trim() !== '';
  const explanation = useQuery({ ...explainQuery(asked), enabled: isShown && isNamed });
  const { data: models } = useQuery(modelsQuery());
  const prices = useMemo(() => pricesOf(models ?? []), [models]);
  const control = useAnswer();
  const { answer, isRunning } = control;
  const requestId = answer && !isRunning ? answer.requestId : undefined;
  const { data: call, error } = useQuery({
    ...recordedCallQuery(requestId ?? ''),
    enabled: requestId !== undefined,
  });
  const elapsed = useElapsed(isRunning);
  const figures = answer
    ? prepareFigures({
        answer: isRunning ? { ...answer, durationMs: Math.max(answer.durationMs, elapsed) } : answer,
        call: requestId ? call : undefined,
        promptTokens: request.faults.isBlank ? undefined : explanation.data?.prompt_tokens,
        prices: prices.get(answer.servedBy ?? ''),
      })
    : [];
  return { target, request, explanation, prices, control, call, recordError: error, figures };
}

/** What the candidates depend on. A blank prompt is explained as a short one. */
function explainable({ body, faults }: BuiltRequest): Schemas['ExplainRequest'] {
  const placeholder = [{ role: 'user', content: '.' }];
  const light = withoutImageData(body);
  if (!faults.isBlank) return light as Schemas['ExplainRequest'];
  return 'query' in light
    ? { ...light, request: { ...(light.request as object), messages: placeholder } }
    : { ...light, messages: placeholder };
}
