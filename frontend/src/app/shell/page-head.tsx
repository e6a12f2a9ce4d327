import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { RangePicker } from '@/components/range/range-picker';
import { CompareToggle, LiveToggle } from '@/components/range/toggles';

interface PageHeadProps {
  title: string;
  /** Count or state beside the title. */
  note?: ReactNode;
  /** What this page offers of the range. */
  hasRange?: boolean;
  hasCompare?: boolean;
  hasLive?: boolean;
  actions?: ReactNode;
}

/** The one line of 36 px above each page; its title is the page's `h1` and the window's title. */
export function PageHead({ title, note, hasRange, hasCompare, hasLive, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · LLM Router`;
  }, [title]);
  return (
    <header className="@container/head">
      <div className="flex min-h-9 items-center gap-2">
        <h1 className="min-w-0 shrink-0 truncate text-title max-sm:max-w-36">{title}</h1>
        {note ? <span className="tabular truncate text-ink-3 max-sm:hidden">{note}</span> : null}
        <div className="ml-auto flex shrink-0 items-center gap-1.5 sm:gap-2">
          {hasRange ? <RangePicker /> : null}
          {hasCompare ? <CompareToggle /> : null}
          {hasLive ? <LiveToggle /> : null}
          {actions}
        </div>
      </div>
    </header>
  );
}
