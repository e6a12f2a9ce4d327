/** A request that did not work, with what a person needs to report it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(message: string, status: number, code: string, requestId?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }

  /** The router itself did not answer. */
  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

interface ErrorBody {
  detail?: unknown;
  code?: unknown;
  request_id?: unknown;
  error?: { message?: unknown; code?: unknown };
}

export function problemOf(response: Response, body: unknown): Problem {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as ErrorBody;
  const message = firstText(fields.detail, fields.error?.message, response.statusText, `HTTP ${response.status}`);
  const requestId = firstText(fields.request_id, response.headers.get('x-request-id'));
  return new Problem(message, response.status, firstText(fields.code, fields.error?.code), requestId || undefined);
}

export function unreachable(cause: unknown): Problem {
  return new Problem(cause instanceof Error ? cause.message : String(cause), 0, 'unreachable');
}

function firstText(...values: unknown[]): string {
  return values.find((value): value is string => typeof value === 'string' && value !== '') ?? '';
}
