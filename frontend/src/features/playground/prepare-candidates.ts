import type { Schemas } from '@/api/client';
import { money } from '@/lib/format';

export interface CandidateRow {
  position: number;
  model: string;
  reason: string;
  /** What the prompt alone would cost; the answer's length is not known before. */
  price: string;
  priceTitle: string | undefined;
}

export interface Prices {
  input: number | undefined;
  output: number | undefined;
}

type Models = readonly Schemas['ModelView'][];

/** Dollars per token, by `provider/model`. */
export function pricesOf(models: Models): ReadonlyMap<string, Prices> {
  return new Map(
    models.map(({ provider_name, name, config }) => [
      `${provider_name}/${name}`,
      {
        input: perToken(config.cost_per_1k_tokens),
        output: perToken(config.cost_per_1k_completion_tokens ?? config.cost_per_1k_tokens),
      },
    ]),
  );
}

function perToken(perThousand: number | null | undefined): number | undefined {
  return perThousand === null || perThousand === undefined ? undefined : perThousand / 1000;
}

export function prepareCandidates(
  explanation: Schemas['Explanation'],
  prices: ReadonlyMap<string, Prices>,
): CandidateRow[] {
  return (explanation.candidates ?? []).map(({ model, reason }, index) => {
    const { input, output } = prices.get(model) ?? { input: undefined, output: undefined };
    return {
      position: index + 1,
      model,
      reason,
      price: money(input === undefined ? undefined : input * explanation.prompt_tokens),
      priceTitle:
        input === undefined
          ? undefined
          : `${money(input * 1e6)} → ${money(output === undefined ? undefined : output * 1e6)} / 1M`,
    };
  });
}

/** What an answer has cost so far, by what has been counted; unknown without a price. */
export function costSoFar(
  prices: Prices | undefined,
  promptTokens: number | undefined,
  answerTokens: number,
): number | undefined {
  if (prices?.input === undefined || prices.output === undefined || promptTokens === undefined) return undefined;
  return prices.input * promptTokens + prices.output * answerTokens;
}
