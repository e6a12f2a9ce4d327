import { useTranslations } from 'use-intl';
import { useMoments } from '@/app/formats';
import { Diff } from '@/components/diff';
import { Drawer, DrawerSection } from '@/components/drawer';
import { EventKind } from './event-kind';
import { type EventItem, hasDifference, sideOf } from './journal';
import { Actor } from './journal-panel';

interface EventDrawerProps {
  event: EventItem;
  onClose: () => void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

/** Who did what and when, and the difference it made. */
export function EventDrawer({ event, onClose, onPrevious, onNext }: EventDrawerProps) {
  const t = useTranslations('configuration.journal');
  const { iso } = useMoments();
  return (
    <Drawer
      title={t('drawer', { subject: event.subject })}
      onClose={onClose}
      onPrevious={onPrevious}
      onNext={onNext}
      head={
        <div className="flex flex-col gap-1">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <EventKind kind={event.kind} isAlone />
            <span className="break-all font-mono text-label">{event.subject}</span>
          </div>
          <p className="tabular text-ink-2 text-label">
            {iso(event.at)} · <Actor name={event.actor} />
          </p>
        </div>
      }
    >
      <DrawerSection title={t('summary')}>
        <p className="whitespace-pre-wrap break-words">{event.summary}</p>
      </DrawerSection>
      <DrawerSection title={t('difference')}>
        {hasDifference(event) ? (
          <Diff before={sideOf(event.before)} after={sideOf(event.after)} />
        ) : (
          <p className="text-ink-3">{t('noDifference')}</p>
        )}
      </DrawerSection>
    </Drawer>
  );
}
