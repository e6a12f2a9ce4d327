import type { CallDetail, CallPrice } from '@/api/queries/invocations';
import { money, wholeCount } from '@/lib/format';

export type CostPart = 'prompt' | 'cached' | 'cacheWrite' | 'completion' | 'reasoning';

export interface CostLine {
  part: CostPart;
  tokens: string;
  /** Of a million tokens. */
  price: string;
  amount: string;
}

export interface CostModel {
  lines: CostLine[];
  total: string;
  source: string;
  asOf: string | undefined;
}

interface Tokens {
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  cached_tokens?: number | null;
  cache_write_tokens?: number | null;
  reasoning_tokens?: number | null;
}

/** Tokens by the price that counts for them: cached and written ones are part of the prompt, reasoning of the answer. */
export function pricedTokens(
  usage: Tokens,
  price: CallPrice,
): { part: CostPart; tokens: number; per1m: number | null }[] {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  const input = price.input_per_1m;
  const output = price.output_per_1m;
  // A price of its own parts them; else they count as the rest.
  const cached = price.cached_per_1m === null ? 0 : (usage.cached_tokens ?? 0);
  const written = price.cache_write_per_1m === null ? 0 : (usage.cache_write_tokens ?? 0);
  const reasoning = price.reasoning_per_1m === null ? 0 : (usage.reasoning_tokens ?? 0);
  const lines: { part: CostPart; tokens: number; per1m: number | null }[] = [];
  if (prompt !== null && prompt !== undefined) {
    lines.push({ part: 'prompt', tokens: Math.max(0, prompt - cached - written), per1m: input });
    if (cached) lines.push({ part: 'cached', tokens: cached, per1m: price.cached_per_1m });
    if (written) lines.push({ part: 'cacheWrite', tokens: written, per1m: price.cache_write_per_1m });
  }
  if (completion !== null && completion !== undefined) {
    lines.push({ part: 'completion', tokens: Math.max(0, completion - reasoning), per1m: output });
    if (reasoning) lines.push({ part: 'reasoning', tokens: reasoning, per1m: price.reasoning_per_1m });
  }
  return lines;
}

/** The arithmetic of a call's cost; absent where its price is not known. */
export function prepareCost(call: CallDetail): CostModel | undefined {
  const { price } = call;
  if (!price) return undefined;
  const lines = pricedTokens(call, price).map(({ part, tokens, per1m }) => ({
    part,
    tokens: wholeCount(tokens),
    price: money(per1m),
    amount: money(per1m === null ? null : (tokens * per1m) / 1e6),
  }));
  return { lines, total: money(call.cost), source: price.source, asOf: price.as_of ?? undefined };
}
