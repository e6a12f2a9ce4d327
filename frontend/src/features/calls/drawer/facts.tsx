import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { CostView } from '@/components/call/cost-view';
import { prepareCost } from '@/components/call/prepare-cost';
import { money, span, speed, unknown, wholeCount } from '@/lib/format';
import type { Call } from '../tail';

/** The figures of one call; below them how its cost adds up. */
export function Facts({ call, detail }: { call: Call; detail: CallDetail | undefined }) {
  const t = useTranslations('calls.facts');
  const ts = useTranslations('app.state');
  const known = (value: string, title?: string): ReactNode => (
    <span title={value === unknown ? (title ?? ts('unknown')) : undefined}>{value}</span>
  );
  const { prompt_tokens, completion_tokens, total_tokens } = call;
  const tokens = total_tokens === null ? unknown : `${wholeCount(prompt_tokens)} → ${wholeCount(completion_tokens)}`;
  const notes = [
    call.cached_tokens ? t('cached', { count: wholeCount(call.cached_tokens) }) : '',
    call.cache_write_tokens ? t('written', { count: wholeCount(call.cache_write_tokens) }) : '',
    call.reasoning_tokens ? t('reasoning', { count: wholeCount(call.reasoning_tokens) }) : '',
    call.tokens_per_second ? t('speed', { speed: speed(call.tokens_per_second) }) : '',
    typeof call.overhead_ms === 'number' ? t('overhead', { span: span(call.overhead_ms) }) : '',
    call.is_stream ? t('stream') : t('whole'),
    call.usage_estimated ? t('estimated') : '',
    call.usage_partial ? t('partial') : '',
  ];
  return (
    <section aria-label={t('label')} className="border-line border-b px-4 py-3">
      <dl className="grid grid-cols-[1fr_1fr_1.4fr_1fr] gap-x-3 gap-y-2 max-sm:grid-cols-2">
        <Fact name={t('ttft')}>{known(span(call.ttft_ms), call.is_stream ? undefined : t('noTtft'))}</Fact>
        <Fact name={t('total')}>{span(call.duration_ms)}</Fact>
        <Fact name={t('tokens')}>{known(tokens)}</Fact>
        <Fact name={t('cost')}>{known(money(call.cost), total_tokens === null ? undefined : t('noPrice'))}</Fact>
      </dl>
      <p className="mt-2 text-ink-3 text-label">{notes.filter(Boolean).join(' · ')}</p>
      {detail ? <Arithmetic detail={detail} /> : null}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-3 text-label">{name}</dt>
      <dd className="tabular truncate font-medium">{children}</dd>
    </div>
  );
}

/** One line of it; whole when it is opened. */
function Arithmetic({ detail }: { detail: CallDetail }) {
  const t = useTranslations('calls.facts');
  const model = prepareCost(detail);
  if (!model || typeof detail.cost !== 'number') return null;
  const sum = model.lines
    .filter(({ tokens }) => tokens !== '0')
    .map(({ tokens, price }) => `${tokens} × ${price}`)
    .join(' + ');
  return (
    <details className="group mt-1">
      <summary className="tabular min-h-6 cursor-pointer text-ink-2 text-label leading-6">
        {t('arithmetic', { sum: sum || '0', total: model.total })}
      </summary>
      <div className="pt-1">
        <CostView call={detail} />
      </div>
    </details>
  );
}
