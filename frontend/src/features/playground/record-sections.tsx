import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { carried } from '@/app/page-state';
import { CostView } from '@/components/call/cost-view';
import { RouteView } from '@/components/call/route-view';
import { TimingView } from '@/components/call/timing-view';
import { money, span, unknown } from '@/lib/format';
import { Section } from './section';

/** What the router recorded of the call: the same parts as in the drawer of Calls. */
export function RecordSections({ call }: { call: CallDetail }) {
  const t = useTranslations('call');
  const tp = useTranslations('playground.answer');
  const { route, attempts } = call;
  return (
    <>
      <Section title={t('timing.title')} note={span(call.duration_ms)} isOpen>
        <TimingView call={call} />
      </Section>
      <Section
        title={t('route.title')}
        note={`${t('route.strategy', { strategy: route?.strategy ?? unknown })} · ${tp('attempts', { count: attempts })}`}
        isOpen
      >
        <RouteView call={call} />
      </Section>
      {call.status === 'error' && call.cost === null ? null : (
        <Section title={t('cost.title')} note={money(call.cost)} isOpen>
          <CostView call={call} />
        </Section>
      )}
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-t px-4 py-2">
        <span className="min-w-0 break-all font-mono text-ink-3 text-label">{call.request_id}</span>
        <Link
          to="/ui/calls"
          search={((before: Record<string, string>) => ({ ...carried(before), call: String(call.id) })) as never}
          className="ml-auto font-medium text-accent hover:underline"
        >
          {tp('openCall')}
        </Link>
      </p>
    </>
  );
}
