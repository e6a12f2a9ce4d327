import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { statisticsQuery } from '@/api/queries/figures';
import { healthQuery } from '@/api/queries/health';
import { inFlightQuery } from '@/api/queries/in-flight';
import { carried } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { together } from '@/components/panel-state';
import { type Status, StatusMark } from '@/components/status-mark';
import { share, span } from '@/lib/format';

const shown = 8;
const order: readonly Status[] = ['cooling', 'error', 'half_open', 'warning', 'ok', 'off'];

interface Row {
  name: string;
  status: Status;
  word: string | undefined;
  detail: string | undefined;
  open: number;
  models: number;
  figures: Schemas['ProviderTotal'] | undefined;
}

function countByProvider(calls: readonly Schemas['InFlightView'][]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { provider_name } of calls) {
    if (provider_name) counts.set(provider_name, (counts.get(provider_name) ?? 0) + 1);
  }
  return counts;
}

function rowsOf(health: Schemas['Detail'], statistics: Schemas['StatisticsAnswer']): Row[] {
  const figures = new Map(statistics.by_provider.map((total) => [total.provider_name, total]));
  const rows = health.providers.map((provider): Row => {
    const own = health.models.filter(({ name }) => name.startsWith(`${provider.name}/`));
    const open = own.filter(({ circuit }) => circuit !== 'closed');
    const cause = provider.cause ?? open.find(({ cause }) => cause)?.cause ?? provider.detail;
    return {
      name: provider.name,
      ...stateOf(provider, open.length, own.length),
      detail: cause?.replace(/^provider `[^`]+`:? /, ''),
      open: open.length,
      models: own.length,
      figures: figures.get(provider.name),
    };
  });
  return rows.sort(
    (a, b) =>
      order.indexOf(a.status) - order.indexOf(b.status) ||
      (b.figures?.total_calls ?? 0) - (a.figures?.total_calls ?? 0),
  );
}

function stateOf(
  { state, circuit }: Schemas['ProviderHealth'],
  open: number,
  models: number,
): { status: Status; word: string | undefined } {
  if (circuit === 'open' || (models > 0 && open === models)) return { status: 'cooling', word: undefined };
  if (circuit === 'half_open' || circuit === 'half open') return { status: 'half_open', word: undefined };
  if (state === 'no key') return { status: 'off', word: 'no_key' };
  if (state !== 'ready') return { status: 'off', word: undefined };
  return open ? { status: 'warning', word: 'ready' } : { status: 'ok', word: 'ready' };
}

export function ProvidersPanel() {
  const t = useTranslations('overview.providers');
  const health = useQuery(healthQuery());
  const statistics = useQuery({ ...statisticsQuery({ time_range: '1h', limit: 100 }), refetchInterval: 30_000 });
  const { data: running } = useQuery(inFlightQuery());
  const inFlight = countByProvider(running?.items ?? []);
  const source = together(health, statistics);
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
      empty={([{ providers }]) => (providers.length ? null : <Empty title={t('empty')} hint={t('emptyHint')} />)}
    >
      {([detail, figures]) => <Table rows={rowsOf(detail, figures).slice(0, shown)} inFlight={inFlight} />}
    </Panel>
  );
}

function Table({ rows, inFlight }: { rows: readonly Row[]; inFlight: ReadonlyMap<string, number> }) {
  const t = useTranslations('overview.providers');
  const ts = useTranslations('app.status');
  return (
    <table className="tabular w-full table-fixed">
      <thead>
        <tr className="h-8 text-ink-3 text-label">
          <th scope="col" className="pl-4 text-left font-normal sm:w-28">
            {t('name')}
          </th>
          <th scope="col" className="w-28 text-left font-normal">
            {t('state')}
          </th>
          <th scope="col" className="w-16 text-right font-normal max-sm:hidden">
            {t('inFlight')}
          </th>
          <th scope="col" className="w-16 text-right font-normal">
            {t('success')}
          </th>
          <th scope="col" className="w-20 pr-4 text-right font-normal sm:w-18 sm:pr-0">
            {t('p95')}
          </th>
          <th scope="col" className="pr-4 pl-6 text-left font-normal max-sm:hidden">
            {t('lastError')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, status, word, detail, open, models, figures }) => {
          const note = open ? t('circuits', { open, all: models }) : undefined;
          return (
            <tr key={name} className="h-8 border-line border-t touch:h-10">
              <th scope="row" className="truncate pl-4 text-left font-normal" title={name}>
                {name}
              </th>
              <td className="truncate" title={note}>
                <StatusMark
                  status={status}
                  word={word === 'ready' ? t('ready') : word === 'no_key' ? ts('no_key') : undefined}
                />
              </td>
              <td className="text-right max-sm:hidden">{inFlight.get(name) ?? 0}</td>
              <td className="text-right">{share(figures?.success_rate)}</td>
              <td className="whitespace-nowrap pr-4 text-right sm:pr-0">{span(figures?.duration_ms?.p95)}</td>
              <td className="truncate pr-4 pl-6 text-ink-2 max-sm:hidden" title={detail}>
                {[note, detail].filter(Boolean).join(' · ')}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
