import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { sessionCallsQuery } from '@/api/queries/session-calls';
import { DrawerSection } from '@/components/drawer';
import { Name } from '@/components/name';
import { writeRange } from '@/lib/range';
import { rangeOf, spanOf } from '../session/range-of';
import { SessionFacts } from '../session/session-facts';

/** The session that a call belongs to, and the way to all of its calls in their order. */
export function SessionOfCall({ id }: { id: string }) {
  const t = useTranslations('calls.session');
  const { data: whole } = useQuery(sessionCallsQuery(id));
  const range = whole ? writeRange(rangeOf(whole, Date.now())) : {};
  return (
    <DrawerSection title={t('ofCall')} aside={<Name name={id} most={28} />}>
      {whole ? <SessionFacts sums={whole.sums} spanMs={spanOf(whole)} /> : null}
      <Link
        to="/ui/calls"
        search={((before: Record<string, string>) => ({ tz: before.tz, ...range, session: id, asc: '1' })) as never}
        className="mt-2 inline-flex min-h-6 items-center font-medium text-accent hover:underline"
      >
        {t('all')}
      </Link>
    </DrawerSection>
  );
}
