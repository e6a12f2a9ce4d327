import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { statisticsQuery } from '@/api/queries/figures';
import { healthQuery } from '@/api/queries/health';
import { providersQuery } from '@/api/queries/providers';
import { useMoments } from '@/app/formats';
import { carried } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { together } from '@/components/panel-state';
import { share, span } from '@/lib/format';
import { shortCause } from '../entries/standing';
import { StandingMark } from '../entries/standing-mark';
import { mostTotals, type ProviderRow, rowsOf } from '../providers/prepare-rows';

const shown = 8;

/** The rows of the page Providers, as far as they fit: both say the same of each. */
export function ProvidersPanel() {
  const t = useTranslations('overview.providers');
  const providers = useQuery({ ...providersQuery(), refetchInterval: 5000 });
  const health = useQuery(healthQuery());
  const statistics = useQuery({
    ...statisticsQuery({ time_range: '1h', limit: mostTotals }),
    refetchInterval: 15_000,
  });
  const source = together(providers, health, statistics);
  return (
    <Panel
      title={t('title')}
      sub={t('sub')}
      actions={
        <Link to="/ui/providers" search={carried} className="font-medium text-accent hover:underline">
          {t('all')}
        </Link>
      }
      source={source}
      empty={([all]) => (all.length ? null : <Empty title={t('empty')} hint={t('emptyHint')} />)}
    >
      {([all, detail, { by_provider }]) => (
        <Table
          rows={rowsOf({
            providers: all,
            health: detail,
            healthAt: health.dataUpdatedAt,
            totals: by_provider,
          }).slice(0, shown)}
        />
      )}
    </Panel>
  );
}

function Table({ rows }: { rows: readonly ProviderRow[] }) {
  const t = useTranslations('overview.providers');
  return (
    <div className="@container">
      <table className="tabular w-full table-fixed">
        <thead>
          <tr className="h-8 text-ink-3 text-label">
            <th scope="col" className="pl-4 text-left font-normal @2xl:w-28">
              {t('name')}
            </th>
            <th scope="col" className="w-26 text-left font-normal">
              {t('state')}
            </th>
            <th scope="col" className="w-16 text-right font-normal @max-md:hidden">
              {t('inFlight')}
            </th>
            <th scope="col" className="w-16 text-right font-normal">
              {t('success')}
            </th>
            <th scope="col" className="w-20 pr-4 text-right font-normal @2xl:w-16 @2xl:pr-0">
              {t('p95')}
            </th>
            <th scope="col" className="pr-4 pl-6 text-left font-normal @max-2xl:hidden">
              {t('lastError')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Provider key={row.name} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Provider({ row: { name, provider, standing, circuit, figures } }: { row: ProviderRow }) {
  const t = useTranslations('overview.providers');
  const { moment } = useMoments();
  const error = provider.last_error;
  const note = circuit.word === 'models' ? t('circuits', { open: circuit.open, all: circuit.all }) : undefined;
  const said = shortCause(error?.message) ?? standing.cause;
  const title = [error && moment(error.at), error?.model, said].filter(Boolean).join(' · ');
  return (
    <tr className="relative h-8 border-line border-t hover:bg-sunken touch:h-10">
      <th scope="row" className="truncate pl-4 text-left font-normal" title={name}>
        <Link
          to="/ui/providers"
          search={((before: object) => ({ ...carried(before), provider: name })) as never}
          className="after:absolute after:inset-0"
        >
          {name}
        </Link>
      </th>
      <td className="truncate" title={note}>
        <StandingMark standing={standing} />
      </td>
      <td className="text-right @max-md:hidden">{provider.in_flight}</td>
      <td className="text-right">{share(figures?.success_rate)}</td>
      <td className="whitespace-nowrap pr-4 text-right @2xl:pr-0">{span(figures?.duration_ms?.p95)}</td>
      <td className="truncate pr-4 pl-6 text-ink-2 text-label @max-2xl:hidden" title={title}>
        {[note, said].filter(Boolean).join(' · ')}
      </td>
    </tr>
  );
}
