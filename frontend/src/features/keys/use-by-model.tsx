import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { statisticsQuery } from '@/api/queries/figures';
import { Failed } from '@/components/failed';
import { Name } from '@/components/name';
import { count, money, share, wholeCount } from '@/lib/format';
import type { Key } from './rows';

const most = 12;

/** Thirty days of one key, the models it used most first. */
export function UseByModel({ value }: { value: Key }) {
  const t = useTranslations('keys.models');
  const { data, error, refetch, isPlaceholderData } = useQuery(
    statisticsQuery({ api_key_id: String(value.id), time_range: '30d', limit: most }),
  );
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data || isPlaceholderData) return <div aria-busy className="h-24" />;
  const { overall, by_model } = data;
  if (!overall.total_calls) return <p className="text-ink-3">{t('none')}</p>;
  return (
    <table className="tabular -mx-1 w-[calc(100%+8px)] table-fixed">
      <thead>
        <tr className="h-7 text-ink-3 text-label">
          <th scope="col" className="px-1 text-left font-normal">
            {t('model')}
          </th>
          <th scope="col" className="w-14 px-1 text-right font-normal">
            {t('calls')}
          </th>
          <th scope="col" className="w-16 px-1 text-right font-normal">
            {t('success')}
          </th>
          <th scope="col" className="w-16 px-1 text-right font-normal max-sm:hidden">
            {t('tokens')}
          </th>
          <th scope="col" className="w-18 px-1 text-right font-normal">
            {t('cost')}
          </th>
        </tr>
      </thead>
      <tbody>
        {by_model.map((model) => (
          <tr key={`${model.provider_name}/${model.model_name}`} className="h-7 border-line border-t">
            <th scope="row" className="truncate px-1 text-left font-normal">
              <Name name={model.model_name ? `${model.provider_name}/${model.model_name}` : t('unrouted')} most={30} />
            </th>
            <Figures total={model} />
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="h-7 border-line-strong border-t font-medium">
          <th scope="row" className="px-1 text-left font-medium">
            {t('total')}
          </th>
          <Figures total={overall} />
        </tr>
      </tfoot>
    </table>
  );
}

interface Total {
  total_calls: number;
  success_rate?: number;
  total_tokens: number;
  total_cost?: number;
}

function Figures({ total }: { total: Total }) {
  return (
    <>
      <td className="px-1 text-right" title={wholeCount(total.total_calls)}>
        {count(total.total_calls)}
      </td>
      <td className="px-1 text-right">{share(total.success_rate)}</td>
      <td className="px-1 text-right max-sm:hidden" title={wholeCount(total.total_tokens)}>
        {count(total.total_tokens)}
      </td>
      <td className="px-1 text-right">{money(total.total_cost)}</td>
    </>
  );
}
