import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { count, money, span, unknown, wholeCount } from '@/lib/format';

/** What the calls of a session come to. `spanMs` is from the beginning of the first to the end of the last. */
export function SessionFacts({ sums, spanMs }: { sums: Schemas['Figures']; spanMs: number | undefined }) {
  const t = useTranslations('calls.session');
  const { prompt_tokens, completion_tokens, total_calls, unpriced_calls } = sums;
  const note = unpriced_calls ? t('noPrice', { count: unpriced_calls }) : undefined;
  return (
    <dl className="grid min-w-0 grid-cols-[repeat(auto-fit,minmax(88px,1fr))] gap-x-4 max-sm:grid-cols-3 gap-y-1">
      <Fact name={t('calls')}>{wholeCount(total_calls)}</Fact>
      <Fact name={t('tokens')} title={`${wholeCount(prompt_tokens)} → ${wholeCount(completion_tokens)}`}>
        {`${count(prompt_tokens)} → ${count(completion_tokens)}`}
      </Fact>
      <Fact name={t('cost')} note={note}>
        {money(sums.total_cost)}
        {note && sums.total_cost !== null ? ' +' : ''}
      </Fact>
      <Fact name={t('duration')}>{span(sums.total_duration_ms)}</Fact>
      <Fact name={t('span')}>{spanMs === undefined ? unknown : span(spanMs)}</Fact>
    </dl>
  );
}

interface FactProps {
  name: string;
  title?: string;
  /** Read aloud as well. */
  note?: string | undefined;
  children: ReactNode;
}

function Fact({ name, title, note, children }: FactProps) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-ink-3 text-label">{name}</dt>
      <dd className="tabular truncate font-medium" title={note ?? title}>
        {children}
        {note ? <span className="sr-only"> {note}</span> : null}
      </dd>
    </div>
  );
}
