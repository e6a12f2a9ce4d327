import type { CallDetail } from '@/api/queries/invocations';
import { type Change, changeOf, count, money, span, speed, wholeCount } from '@/lib/format';
import { type Answer, tokensPerSecond } from './answer';
import { costSoFar, type Prices } from './prepare-candidates';

type FigureName = 'ttft' | 'total' | 'speed' | 'prompt' | 'completion' | 'cost';

export interface Figure {
  name: FigureName;
  value: string;
  title: string | undefined;
  /** Counted or computed here, not yet the router's own. */
  isEstimate: boolean;
  raw: number | undefined;
  /** Against the other side. */
  change?: Change | undefined;
  good?: 'up' | 'down';
}

interface Known {
  answer: Answer;
  /** What the router recorded, once it is there. */
  call: CallDetail | undefined;
  promptTokens: number | undefined;
  prices: Prices | undefined;
}

/** The figures of an answer: the router's own where it has told them, else what was counted. */
export function prepareFigures({ answer, call, promptTokens, prices }: Known): Figure[] {
  const { usage } = answer;
  const prompt = call?.prompt_tokens ?? usage?.promptTokens;
  const completion = call?.completion_tokens ?? usage?.completionTokens;
  const soFar = answer.countedTokens || undefined;
  const known = call?.cost ?? answer.cost;
  const estimated = call ? undefined : costSoFar(prices, prompt ?? promptTokens, completion ?? answer.countedTokens);
  const cost = known ?? estimated;
  const figure = (
    name: FigureName,
    raw: number | null | undefined,
    write: (value: number | undefined) => string,
    isEstimate = false,
    title?: string,
  ): Figure => ({
    name,
    raw: raw ?? undefined,
    value: write(raw ?? undefined),
    isEstimate: isEstimate && raw !== undefined,
    title,
  });
  return [
    figure('ttft', call?.ttft_ms ?? answer.ttftMs, span),
    figure('total', call?.duration_ms ?? answer.durationMs, span),
    figure('speed', call?.tokens_per_second ?? tokensPerSecond(answer), speed, !call),
    figure('prompt', prompt ?? promptTokens, count, prompt === undefined, wholeCount(prompt ?? promptTokens)),
    figure('completion', completion ?? soFar, count, completion === undefined, wholeCount(completion ?? soFar)),
    figure('cost', cost, money, known === undefined || known === null),
  ];
}

const goods: Partial<Record<FigureName, 'up' | 'down'>> = { ttft: 'down', total: 'down', speed: 'up', cost: 'down' };

/** The second side's figures with their change against the first's. */
export function compared(first: readonly Figure[], second: readonly Figure[]): Figure[] {
  return second.map((figure) => {
    const before = first.find(({ name }) => name === figure.name)?.raw;
    return { ...figure, change: changeOf(figure.raw, before), good: goods[figure.name] };
  });
}
