import type { CallDetail } from '@/api/queries/invocations';
import type { WaterfallStep } from '@/charts/prepare/waterfall';
import { middleCut } from '@/lib/format';
import { outcomeWord } from './call-parts';

export interface TimingWords {
  auth: string;
  route: string;
  /** A slot, a permit, a connection. */
  queue: string;
  /** Before another attempt. */
  backoff: string;
  connect: string;
  firstToken: string;
  answer: string;
  stream: string;
}

// Shorter than this, a wait is only the router's own work between two attempts.
const leastWait = 1;
const longestName = 24;

/** A row a phase and attempt, on the call's clock. */
export function timingSteps(
  { timings, route, is_stream: isStream }: Pick<CallDetail, 'timings' | 'route' | 'is_stream'>,
  words: TimingWords,
): WaterfallStep[] {
  if (!timings) return [];
  const steps: WaterfallStep[] = [];
  const add = (key: string, label: string, fromMs: number, ms: number, tone: WaterfallStep['tone']): void => {
    if (ms > 0) steps.push({ key, label, fromMs, ms, tone });
  };
  const auth = timings.auth_ms ?? 0;
  add('auth', words.auth, 0, auth, 'router');
  add('route', words.route, auth, timings.route_ms ?? 0, 'router');

  const attempts = route?.attempts ?? [];
  let end = auth + (timings.route_ms ?? 0);
  for (const [index, attempt] of attempts.entries()) {
    const { model, outcome, at_ms: at, ms } = attempt;
    if (index > 0 && at - end >= leastWait) add(`backoff${index}`, words.backoff, end, at - end, 'wait');
    end = at + ms;
    if (outcome !== 'answered') {
      const label = middleCut(model, longestName);
      steps.push({ key: `${index}`, label, fromMs: at, ms, tone: 'bad', outcome: outcomeWord(outcome) });
      continue;
    }
    const { queue_ms: queue = 0, connect_ms } = attempt;
    const connect = connect_ms ?? 0;
    const named = (label: string): string => (attempts.length > 1 ? `${model.split('/')[0]} · ${label}` : label);
    add(`${index}q`, words.queue, at, queue, 'wait');
    add(`${index}c`, words.connect, at + queue, connect, 'wait');
    const begun = at + queue + connect;
    add(`${index}f`, named(isStream ? words.firstToken : words.answer), begun, end - begun, 'first');
    if (isStream) add(`${index}s`, named(words.stream), end, timings.stream_ms ?? 0, 'stream');
  }
  return steps;
}
