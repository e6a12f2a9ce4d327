import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

interface SectionProps {
  title: string;
  /** Beside the title, so that a closed part tells what it holds. */
  note?: ReactNode;
  isOpen?: boolean;
  children: ReactNode;
}

/** A part that is folded until it is needed. */
export function Section({ title, note, isOpen, children }: SectionProps) {
  return (
    <details className="group min-w-0 border-line border-t" open={isOpen}>
      <summary className="flex min-h-9 cursor-pointer items-center gap-1.5 px-4 touch:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-ink-3 group-open:rotate-90" />
        <span>{title}</span>
        {note ? <span className="ml-auto min-w-0 truncate text-ink-3 text-label">{note}</span> : null}
      </summary>
      <div className="px-4 pt-1 pb-3">{children}</div>
    </details>
  );
}
