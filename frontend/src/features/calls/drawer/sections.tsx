import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { routeOf, timingsOf } from '@/components/call/call-parts';
import { RouteView } from '@/components/call/route-view';
import { TimingView } from '@/components/call/timing-view';
import { DrawerSection } from '@/components/drawer';
import type { Call } from '../tail';
import { plainMessage } from '../words';
import { Bodies } from './bodies';
import { Facts } from './facts';

/** The drawer's content, from what one asks first to what one asks last. */
export function Sections({ call, detail }: { call: Call; detail: Schemas['InvocationDetail'] | undefined }) {
  const t = useTranslations('call');
  const route = detail && routeOf(detail);
  return (
    <>
      {call.status === 'error' ? <Failure call={call} /> : null}
      <Facts call={call} detail={detail} />
      {detail ? (
        <>
          <DrawerSection title={t('timing.title')}>
            <TimingView timings={timingsOf(detail)} route={route} />
          </DrawerSection>
          <DrawerSection title={t('route.title')} aside={route ? <RouteNote route={route} /> : null}>
            {route ? (
              <RouteView route={route} streamMs={timingsOf(detail)?.stream_ms ?? 0} />
            ) : (
              <p className="text-ink-3">{t('route.none')}</p>
            )}
          </DrawerSection>
          <Bodies detail={detail} />
        </>
      ) : null}
    </>
  );
}

function RouteNote({ route }: { route: Schemas['RouteTrace'] }) {
  const t = useTranslations('call.route');
  const count = (route.candidates?.length ?? 0) + (route.more_candidates ?? 0);
  const parts = [route.strategy ? t('strategy', { strategy: route.strategy }) : '', t('candidates', { count })];
  return <span className="text-ink-3 text-label">{parts.filter(Boolean).join(' · ')}</span>;
}

function Failure({ call }: { call: Call }) {
  return (
    <div className="border-line border-b bg-bad-bg px-4 py-2 text-bad">
      <p className="break-words">{plainMessage(call.error_message) ?? call.error_code}</p>
      {call.error_code && call.error_message ? <p className="font-mono text-label">{call.error_code}</p> : null}
    </div>
  );
}
