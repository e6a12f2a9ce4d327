import { ChevronRight } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { Excluded } from '@/components/call/excluded';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import type { Source } from '@/components/panel-state';
import { unknown, wholeCount } from '@/lib/format';
import { AdviceText } from './advice-text';
import { type CandidateRow, type Prices, prepareCandidates } from './prepare-candidates';

const shown = 5;

interface CandidatesProps {
  title: string;
  source: Source<Schemas['Explanation']>;
  prices: ReadonlyMap<string, Prices>;
  /** Without a prompt there is nothing to count. */
  isBlank: boolean;
}

/** Before sending: who would be tried, in which order, and who not. */
export function Candidates({ title, source, prices, isBlank }: CandidatesProps) {
  const t = useTranslations('playground.candidates');
  const { data } = source;
  return (
    <Panel
      title={title}
      sub={
        data?.candidates?.length ? (
          <>
            <span>{t('strategy', { strategy: data.strategy ?? unknown })}</span>
            {isBlank ? null : <span>{t('tokens', { count: wholeCount(data.prompt_tokens) })}</span>}
          </>
        ) : undefined
      }
      source={source}
      height={120}
    >
      {(explanation) => (
        <div className="flex min-w-0 flex-col gap-2 px-4 pb-3">
          {explanation.error ? <NoCandidate error={explanation.error} /> : null}
          <Side pair={explanation.pair} />
          <Rows rows={prepareCandidates(explanation, prices)} isBlank={isBlank} />
          <Excluded leftOut={explanation.left_out} />
        </div>
      )}
    </Panel>
  );
}

function NoCandidate({ error }: { error: Schemas['ExpectedError'] }) {
  const t = useTranslations('playground.candidates');
  const { code, message, retry_after, should_retry } = error;
  return (
    <div role="alert" className="flex flex-col gap-1 rounded-control bg-bad-bg px-3 py-2">
      <p className="font-medium text-bad">{t('none', { status: error.status, code })}</p>
      <p className="break-words text-ink-1">{message}</p>
      <AdviceText
        failure={{ kind: 'refused', code, retryAfter: retry_after ?? undefined, isWorthRetrying: should_retry }}
      />
    </div>
  );
}

function Side({ pair }: { pair: Schemas['PairDecision'] | null | undefined }) {
  const t = useTranslations('call.route');
  if (!pair) return null;
  return (
    <p className="text-ink-2">
      {t('pair', { pair: pair.pair, side: t(pair.side), judge: t(`judge.${pair.judge}`) })}
      {pair.reasons.length ? `: ${pair.reasons.join(', ')}` : ''}
    </p>
  );
}

function Rows({ rows, isBlank }: { rows: readonly CandidateRow[]; isBlank: boolean }) {
  const t = useTranslations('playground.candidates');
  if (!rows.length) return null;
  const more = rows.slice(shown);
  const list = (part: readonly CandidateRow[]) => (
    <ol start={part[0]?.position}>
      {part.map((row) => (
        <Row key={row.model} row={row} isBlank={isBlank} />
      ))}
    </ol>
  );
  return (
    <div className="@container/rows">
      {list(rows.slice(0, shown))}
      {more.length ? (
        <details className="group border-line border-t">
          <summary className="flex min-h-8 cursor-pointer items-center gap-1 text-ink-2 [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden size={14} strokeWidth={1.5} className="group-open:rotate-90" />
            {t('more', { count: more.length })}
          </summary>
          {list(more)}
        </details>
      ) : null}
    </div>
  );
}

function Row({
  row: { position, model, reason, price, priceTitle },
  isBlank,
}: {
  row: CandidateRow;
  isBlank: boolean;
}) {
  const t = useTranslations('playground.candidates');
  return (
    <li className="grid @[460px]/rows:grid-cols-[16px_minmax(0,2fr)_minmax(0,1fr)_auto] grid-cols-[16px_minmax(0,1fr)_auto] items-baseline gap-x-3 border-line border-t py-1.5 first:border-t-0">
      <span className="tabular text-right text-ink-3">{position}</span>
      <span className="min-w-0 truncate">
        <Name name={model} most={34} />
      </span>
      <span className="@max-[460px]/rows:order-last @max-[460px]/rows:col-span-2 @max-[460px]/rows:col-start-2 text-ink-3">
        {reason}
      </span>
      <span className="tabular whitespace-nowrap text-right" title={priceTitle ?? t('noPrice')}>
        {isBlank ? (priceTitle ?? unknown) : price}
      </span>
    </li>
  );
}

export function NothingYet() {
  const t = useTranslations('playground.answer');
  return <Empty title={t('empty')} hint={t('emptyHint')} />;
}
