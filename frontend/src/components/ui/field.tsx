import clsx from 'clsx';
import type { ComponentProps, ReactNode } from 'react';
import { useId } from 'react';

const controlStyle =
  'h-[30px] w-full min-w-0 rounded-control border border-control bg-surface px-2 text-ink-1 placeholder:text-ink-3 aria-invalid:border-bad touch:min-h-11';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={clsx(controlStyle, className)} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={clsx(controlStyle, className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={clsx(controlStyle, 'h-auto py-1.5', className)} {...rest} />;
}

interface FieldProps {
  label: string;
  /** At the right end of the label. */
  aside?: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }) => ReactNode;
}

/** A labelled control with its hint and its error. */
export function Field({ label, aside, hint, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex items-baseline justify-between gap-2 text-label">
        <label htmlFor={id} className="text-ink-2">
          {label}
        </label>
        {aside ? <span className="shrink-0 text-ink-3 text-mark">{aside}</span> : null}
      </div>
      {children({ id, 'aria-describedby': note ? noteId : undefined, 'aria-invalid': Boolean(error) })}
      {note ? (
        <p
          id={noteId}
          role={error ? 'alert' : undefined}
          className={clsx('text-label', error ? 'text-bad' : 'text-ink-3')}
        >
          {note}
        </p>
      ) : null}
    </div>
  );
}
