import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { carried } from '@/app/page-state';
import { Empty } from '@/components/empty';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import type { Source } from '@/components/panel-state';
import { count, money, share, wholeCount } from '@/lib/format';

interface SharePanelProps {
  source: Source<Schemas['StatisticsAnswer']>;
  /** Only these models, where a node filters. */
  only: ReadonlySet<string> | undefined;
}

/** What routing came to: the calls that each model got in the range. */
export function SharePanel({ source, only }: SharePanelProps) {
  const t = useTranslations('routing.share');
  return (
    <Panel
      title={t('title')}
      sub={t('sub')}
      source={source}
      coveredFrom={({ covered_from, overall }) =>
        covered_from && overall.start_time && covered_from > overall.start_time ? covered_from : undefined
      }
      empty={({ overall }) => (overall.total_calls ? null : <Empty title={t('empty')} hint={t('emptyHint')} />)}
    >
      {({ by_model, overall }) => {
        const rows = by_model.filter((total) => !only || only.has(nameOf(total)));
        if (!rows.length) return <Empty title={t(only ? 'noneOfThese' : 'noneRouted')} />;
        const most = Math.max(...rows.map(({ total_calls }) => total_calls));
        return (
          <table className="tabular w-full table-fixed">
            <thead>
              <tr className="h-8 text-ink-3 text-label">
                <th scope="col" className="pl-4 text-left font-normal">
                  {t('model')}
                </th>
                <th scope="col" className="w-36 pl-3 text-left font-normal max-sm:w-16">
                  {t('share')}
                </th>
                <th scope="col" className="w-16 text-right font-normal">
                  {t('calls')}
                </th>
                <th scope="col" className="w-20 pr-4 text-right font-normal sm:pr-0">
                  {t('success')}
                </th>
                <th scope="col" className="w-20 pr-4 text-right font-normal max-sm:hidden">
                  {t('cost')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((total) => {
                const name = nameOf(total);
                const part = total.total_calls / overall.total_calls;
                return (
                  <tr key={name} className="relative h-8 border-line border-t hover:bg-sunken touch:h-10">
                    <th scope="row" className="truncate pl-4 text-left font-normal">
                      <Link
                        to="/ui/calls"
                        search={((before: Record<string, string>) => ({ ...carried(before), model: name })) as never}
                        className="after:absolute after:inset-0"
                      >
                        <Name name={name} most={36} />
                      </Link>
                    </th>
                    <td className="pl-3">
                      <span className="flex items-center gap-2">
                        <span
                          aria-hidden
                          className="h-1.5 flex-1 overflow-hidden rounded-[3px] bg-sunken max-sm:hidden"
                        >
                          <span
                            className="block h-full bg-ink-2"
                            style={{ width: `${(total.total_calls / most) * 100}%` }}
                          />
                        </span>
                        <span className="w-10 shrink-0">{share(part)}</span>
                      </span>
                    </td>
                    <td className="text-right" title={wholeCount(total.total_calls)}>
                      {count(total.total_calls)}
                    </td>
                    <td className="pr-4 text-right sm:pr-0">{share(total.success_rate)}</td>
                    <td className="pr-4 text-right max-sm:hidden">{money(total.total_cost)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        );
      }}
    </Panel>
  );
}

export function nameOf({
  provider_name,
  model_name,
}: {
  provider_name?: string | null;
  model_name?: string | null;
}): string {
  return `${provider_name}/${model_name}`;
}
