import clsx from 'clsx';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';

/** A state is a mark, a word and a colour; a call's status and a circuit's state use the same six. */
export type Status = 'ok' | 'error' | 'cancelled' | 'running' | 'half_open' | 'cooling' | 'off' | 'warning';

const looks: Record<Status, { mark: ReactNode; tone: string; tint: string }> = {
  ok: { mark: '✓', tone: 'text-ok', tint: 'bg-ok-bg' },
  error: { mark: '✕', tone: 'text-bad', tint: 'bg-bad-bg' },
  cancelled: { mark: '⊘', tone: 'text-idle', tint: 'bg-idle-bg' },
  running: { mark: '◌', tone: 'text-info', tint: 'bg-info-bg' },
  half_open: { mark: '◐', tone: 'text-warn', tint: 'bg-warn-bg' },
  cooling: { mark: <Bars />, tone: 'text-warn', tint: 'bg-warn-bg' },
  off: { mark: '○', tone: 'text-idle', tint: 'bg-idle-bg' },
  warning: { mark: '▲', tone: 'text-warn', tint: 'bg-warn-bg' },
};

const words = {
  ok: 'success',
  error: 'error',
  cancelled: 'cancelled',
  running: 'running',
  half_open: 'half_open',
  cooling: 'open',
  off: 'off',
  warning: 'warning',
} as const;

// The fonts at hand draw ‖ as a block.
function Bars() {
  return (
    <svg aria-hidden="true" width="9" height="9" viewBox="0 0 9 9" className="inline-block">
      <path d="M2.5 0.5v8M6.5 0.5v8" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

/** The status of a call as the API names it. */
export function statusOf(call: { status: string }): Status {
  if (call.status === 'success') return 'ok';
  return call.status === 'cancelled' ? 'cancelled' : 'error';
}

interface StatusMarkProps {
  status: Status;
  /** Replaces the word: `200`, `circuit open`. */
  word?: string;
  /** On its tint, as a chip. */
  isChip?: boolean;
}

export function StatusMark({ status, word, isChip }: StatusMarkProps) {
  const t = useTranslations('app.status');
  const { mark, tone, tint } = looks[status];
  const own = t(words[status]);
  return (
    <span
      title={word ? own : undefined}
      className={clsx(
        'tabular inline-flex items-baseline gap-1 whitespace-nowrap',
        tone,
        isChip && `${tint} rounded-chip px-1.5 text-label leading-5`,
      )}
    >
      <span aria-hidden className="inline-block w-3 text-center text-label">
        {mark}
      </span>
      {word ? <span className="sr-only">{own} </span> : null}
      {word ?? own}
    </span>
  );
}
