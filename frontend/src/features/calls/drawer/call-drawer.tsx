import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { callQuery } from '@/api/queries/invocations';
import { Drawer } from '@/components/drawer';
import { Failed } from '@/components/failed';
import { useDelayed } from '@/components/panel-state';
import type { OpenCall } from '../use-open-call';
import { modelOf } from '../words';
import { DrawerHead } from './head';
import { Sections } from './sections';

/** One call, whole. What the list knows of it is there at once. */
export default function CallDrawer({ opened, isAdmin }: { opened: OpenCall; isAdmin: boolean }) {
  const t = useTranslations('calls.drawer');
  const id = opened.id ?? 0;
  const detail = useQuery(callQuery(id));
  const { data, error } = detail;
  const call = data ?? opened.row;
  // In time, the call that began before is the next one of a list that has the newest on top.
  const { previous, next } = opened.neighbours ?? {
    previous: data?.next_id ?? undefined,
    next: data?.previous_id ?? undefined,
  };
  const to = (target: number | undefined) => (target === undefined ? undefined : () => opened.open({ id: target }));
  const isWaiting = useDelayed(!call && !error);
  return (
    <Drawer
      title={call ? t('title', { model: modelOf(call) }) : t('loading')}
      head={call ? <DrawerHead call={call} detail={data} hasKeys={isAdmin} /> : isWaiting ? t('loading') : null}
      onClose={opened.close}
      onPrevious={to(previous)}
      onNext={to(next)}
    >
      {call ? <Sections key={id} call={call} detail={data} /> : null}
      {error && !data ? <Failed error={error} onRetry={() => detail.refetch()} /> : null}
    </Drawer>
  );
}
