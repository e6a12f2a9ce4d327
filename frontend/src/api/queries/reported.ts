import { apiUrl, type Schemas } from '../client';
import { problemOf, unreachable } from '../problem';

export interface ReportedModel {
  /** The upstream's name. */
  name: string;
  state: 'new' | 'configured' | 'gone';
  /** `provider/name` of the configured model. */
  model?: string | null;
  suggestion?: {
    display_name?: string | null;
    tags: string[];
    config: Record<string, unknown>;
    /** An unverified one is not in `config`. */
    price?: Schemas['PriceView'] | null;
  } | null;
}

export interface ReportedModels {
  reported: ReportedModel[];
  fetched_at: string;
  /** Why the list may be wrong. */
  warning?: string | null;
  unusable: number;
  is_cut: boolean;
}

/** What the upstream itself says that it serves, beside what is configured. A real call; nothing is changed. */
export async function reportedModels(provider: string): Promise<ReportedModels> {
  let response: Response;
  try {
    response = await fetch(apiUrl(`providers/${encodeURIComponent(provider)}/models`));
  } catch (cause) {
    throw unreachable(cause);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(response, body);
  return body as ReportedModels;
}
