import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import type { CallDetail } from '@/api/queries/invocations';
import { RouteView } from '@/components/call/route-view';
import { TimingView } from '@/components/call/timing-view';
import { DrawerSection } from '@/components/drawer';
import type { Call } from '../tail';
import { plainMessage } from '../words';
import { Bodies } from './bodies';
import { Facts } from './facts';
import { SessionOfCall } from './session';

/** The drawer's content, from what one asks first to what one asks last. */
export function Sections({ call, detail }: { call: Call; detail: CallDetail | undefined }) {
  const t = useTranslations('call');
  return (
    <>
      {call.status === 'error' ? <Failure call={call} /> : null}
      <Facts call={call} detail={detail} />
      {call.session_id ? <SessionOfCall id={call.session_id} /> : null}
      {detail ? (
        <>
          <DrawerSection title={t('timing.title')}>
            <TimingView call={detail} />
          </DrawerSection>
          <DrawerSection title={t('route.title')} aside={detail.route ? <RouteNote route={detail.route} /> : null}>
            <RouteView call={detail} />
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
