import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { useMoments } from '@/app/formats';
import { carried } from '@/app/page-state';
import { DrawerSection } from '@/components/drawer';
import { Name } from '@/components/name';
import { StatusMark } from '@/components/status-mark';
import { count, money, share, span, wholeCount } from '@/lib/format';
import { Facts } from '../entries/facts';
import { shortCause } from '../entries/standing';
import { Circuit } from './cells';
import type { ProviderRow } from './prepare-rows';

/** How it stands: figures of the hour, circuit, keys, the last error. */
export function HealthSections({ row }: { row: ProviderRow }) {
  const t = useTranslations('providers.drawer');
  const { provider, figures, circuit, isCounted } = row;
  const calls = figures?.total_calls ?? (isCounted ? 0 : undefined);
  const cause = circuit.cause ?? row.standing.cause;
  return (
    <>
      {circuit.word === 'closed' && !row.standing.cause ? null : (
        <div className="flex flex-col gap-1 border-line border-b px-4 py-2.5">
          {circuit.word === 'closed' ? null : <Circuit circuit={circuit} isLong />}
          {cause ? <p className="break-words text-ink-2">{shortCause(cause)}</p> : null}
        </div>
      )}
      <DrawerSection title={t('hour')}>
        <Facts
          facts={[
            { label: t('calls'), value: count(calls), title: wholeCount(calls) },
            { label: t('success'), value: share(figures?.success_rate) },
            { label: t('p50'), value: span(figures?.duration_ms?.p50) },
            { label: t('p95'), value: span(figures?.duration_ms?.p95) },
            { label: t('cost'), value: money(figures?.total_cost) },
            {
              label: t('inFlight'),
              value: `${provider.in_flight} / ${provider.max_connections}`,
              title: provider.waiting ? t('waiting', { count: provider.waiting }) : undefined,
            },
          ]}
        />
      </DrawerSection>
      {provider.last_error ? <LastError error={provider.last_error} /> : null}
      <Models row={row} />
    </>
  );
}

function LastError({ error }: { error: Schemas['ProviderError'] }) {
  const t = useTranslations('providers.drawer');
  const { moment, iso } = useMoments();
  return (
    <DrawerSection title={t('lastError')}>
      <p className="break-words">{shortCause(error.message)}</p>
      <p className="mt-0.5 text-ink-3 text-label">
        <span title={iso(error.at)}>{moment(error.at)}</span> · <code>{error.code}</code>
        {error.http_status ? ` · HTTP ${error.http_status}` : null} · {error.model ?? t('ofCheck')}
      </p>
    </DrawerSection>
  );
}

const circuitStatus = { closed: 'ok', cooling: 'cooling', halfOpen: 'half_open' } as const;
const shown = 12;

function Models({ row }: { row: ProviderRow }) {
  const t = useTranslations('providers.drawer');
  const tc = useTranslations('providers.circuit');
  const { time } = useMoments();
  const models = [...row.models].sort((a, b) => Number(a.circuit === 'closed') - Number(b.circuit === 'closed'));
  const link = (search: Record<string, string>, content: string) => (
    <Link
      to="/ui/models"
      search={((before: object) => ({ ...carried(before), ...search })) as never}
      className="text-accent hover:underline"
    >
      {content}
    </Link>
  );
  return (
    <DrawerSection
      title={t('models', { count: models.length })}
      aside={
        <span className="flex gap-3 text-label">
          {link({ add: row.name }, t('addModel'))}
          {models.length ? link({ provider: row.name }, t('allModels')) : null}
        </span>
      }
    >
      <ul className="flex flex-col">
        {models.slice(0, shown).map(({ id, circuit, nextAt, cause }) => (
          <li key={id} className="flex min-h-7 items-center gap-2">
            <Link
              to="/ui/models"
              search={((before: object) => ({ ...carried(before), model: id })) as never}
              className="min-w-0 truncate hover:underline"
            >
              <Name name={id.slice(row.name.length + 1)} most={44} />
            </Link>
            {circuit === 'closed' ? null : (
              <span className="ml-auto shrink-0 text-label" title={cause}>
                <StatusMark status={circuitStatus[circuit]} word={tc(circuit)} />
                {nextAt ? (
                  <span className="text-ink-3"> · {tc('next', { time: time(nextAt).replace(/\.\d+$/, '') })}</span>
                ) : null}
              </span>
            )}
          </li>
        ))}
      </ul>
      {models.length > shown ? (
        <p className="text-ink-3 text-label">{t('moreModels', { count: models.length - shown })}</p>
      ) : null}
      {models.length ? null : <p className="text-ink-3">{t('noModels')}</p>}
    </DrawerSection>
  );
}
