import type { Failure } from './failure';

export interface Usage {
  promptTokens: number | undefined;
  completionTokens: number | undefined;
  cachedTokens: number | undefined;
  reasoningTokens: number | undefined;
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

export type Phase = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';

/** What came of one request so far. Times are of `performance.now()`, relative to its beginning. */
export interface Answer {
  phase: Phase;
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finishReason: string | undefined;
  usage: Usage | undefined;
  cost: number | undefined;
  /** `provider/model` that answers. */
  servedBy: string | undefined;
  requestId: string | undefined;
  isStream: boolean;
  ttftMs: number | undefined;
  durationMs: number;
  /** Counted from what came, until the usage is known. */
  countedTokens: number;
  failure: Failure | undefined;
}

/** A piece of an answer, of either of the router's two forms. */
export interface Piece {
  text?: string;
  reasoning?: string;
  toolCalls?: ({ index: number } & Partial<ToolCall>)[];
  finishReason?: string;
  usage?: Usage;
  cost?: number;
  servedBy?: string;
}

export function beginning(isStream: boolean): Answer {
  return {
    phase: 'waiting',
    text: '',
    reasoning: '',
    toolCalls: [],
    finishReason: undefined,
    usage: undefined,
    cost: undefined,
    servedBy: undefined,
    requestId: undefined,
    isStream,
    ttftMs: undefined,
    durationMs: 0,
    countedTokens: 0,
    failure: undefined,
  };
}

const encoder = new TextEncoder();

export function withPiece(answer: Answer, piece: Piece, atMs: number): Answer {
  const content = (piece.text ?? '') + (piece.reasoning ?? '') + (piece.toolCalls ?? []).map(toolText).join('');
  const hasContent = content !== '';
  return {
    ...answer,
    phase: 'streaming',
    text: answer.text + (piece.text ?? ''),
    reasoning: answer.reasoning + (piece.reasoning ?? ''),
    toolCalls: piece.toolCalls ? mergedCalls(answer.toolCalls, piece.toolCalls) : answer.toolCalls,
    finishReason: piece.finishReason ?? answer.finishReason,
    usage: piece.usage ?? answer.usage,
    cost: piece.cost ?? answer.cost,
    servedBy: piece.servedBy ?? answer.servedBy,
    ttftMs: answer.ttftMs ?? (hasContent && answer.isStream ? atMs : undefined),
    durationMs: atMs,
    // As the router estimates: one token for a piece, or for four bytes of it.
    countedTokens:
      answer.countedTokens + (hasContent ? Math.max(1, Math.round(encoder.encode(content).length / 4)) : 0),
  };
}

function toolText(call: Partial<ToolCall>): string {
  return (call.name ?? '') + (call.arguments ?? '');
}

// The name and the id come with a call's first piece, the arguments bit by bit.
function mergedCalls(known: readonly ToolCall[], pieces: NonNullable<Piece['toolCalls']>): ToolCall[] {
  const calls = [...known];
  for (const { index, id, name, arguments: part } of pieces) {
    const before = calls[index] ?? { id: '', name: '', arguments: '' };
    calls[index] = {
      id: before.id || (id ?? ''),
      name: before.name + (name ?? ''),
      arguments: before.arguments + (part ?? ''),
    };
  }
  return Array.from(calls, (call) => call ?? { id: '', name: '', arguments: '' });
}

/** From the first token on; of what was counted while the usage is not known. */
export function tokensPerSecond({ usage, countedTokens, ttftMs, durationMs, isStream }: Answer): number | undefined {
  if (!isStream || ttftMs === undefined) return undefined;
  const seconds = (durationMs - ttftMs) / 1000;
  const tokens = usage?.completionTokens ?? countedTokens;
  return seconds > 0.05 && tokens > 1 ? tokens / seconds : undefined;
}
