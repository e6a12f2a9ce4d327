import type { Call } from './tail';

/** `openai/gpt-6`; what was asked for, where no model was reached. */
export function modelOf(call: Pick<Call, 'model_name' | 'provider_name' | 'requested'>): string {
  return call.model_name ? `${call.provider_name}/${call.model_name}` : call.requested;
}

/** Cancelled by its client; an administrator can cancel one too. */
export function isLeft({ status, error_code }: Pick<Call, 'status' | 'error_code'>): boolean {
  return status === 'cancelled' && error_code !== 'cancelled';
}

/** The word after the status code: why it ended. */
export function endWord(call: Pick<Call, 'status' | 'error_code' | 'finish_reason'>): string {
  const code = call.status === 'success' ? call.finish_reason : call.error_code;
  return (code ?? '').replace(/^upstream_/, '').replaceAll('_', ' ');
}

/** The provider's own words, without the router's preface. */
export function plainMessage(message: string | null | undefined): string | undefined {
  return message?.replace(/^provider `[^`]+`: /, '');
}

/** What is shown of a call in one line: what was asked, or else what went wrong. */
export function previewOf(call: Pick<Call, 'request_prompt' | 'preview' | 'error_message'>): string | undefined {
  return (call.request_prompt ?? call.preview ?? plainMessage(call.error_message))?.replace(/\s+/g, ' ');
}
