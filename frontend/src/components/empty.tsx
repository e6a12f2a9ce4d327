import type { ReactNode } from 'react';

interface EmptyProps {
  title: string;
  /** What would fill it. */
  hint?: ReactNode;
  /** The next step: a link or a button. */
  action?: ReactNode;
}

export function Empty({ title, hint, action }: EmptyProps) {
  return (
    <div className="flex min-h-24 flex-col items-start justify-center gap-1 px-4 py-4">
      <p className="font-medium">{title}</p>
      {hint ? <p className="max-w-160 text-ink-3">{hint}</p> : null}
      {action ? <div className="mt-2">{action}</div> : null}
    </div>
  );
}
