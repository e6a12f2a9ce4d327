import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { prepareCost } from './prepare-cost';

/** The arithmetic of a call's cost: tokens × price, and where the price comes from. */
export function CostView({ call }: { call: CallDetail }) {
  const t = useTranslations('call.cost');
  const model = prepareCost(call);
  if (!model) return <p className="text-ink-3">{t('noPrice')}</p>;
  const { lines, total, source, asOf } = model;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <table className="tabular w-full max-w-120">
        <caption className="sr-only">{t('title')}</caption>
        <tbody>
          {lines.map(({ part, tokens, price, amount }) => (
            <tr key={part}>
              <th scope="row" className="py-0.5 pr-3 text-left font-normal text-ink-2">
                {t(part)}
              </th>
              <td className="py-0.5 text-right">{tokens}</td>
              <td className="whitespace-nowrap py-0.5 pl-2 text-right text-ink-3">{t('times', { price })}</td>
              <td className="py-0.5 pl-3 text-right">{amount}</td>
            </tr>
          ))}
          <tr className="border-line border-t">
            <th scope="row" className="py-1 pr-3 text-left font-medium">
              {t('total')}
            </th>
            <td colSpan={3} className="py-1 text-right font-medium">
              {total}
            </td>
          </tr>
        </tbody>
      </table>
      <p className="break-words text-ink-3 text-label">
        {asOf ? t('sourceOf', { source, date: asOf }) : t('source', { source })}
        {call.usage_estimated ? ` ${t('estimated')}` : ''}
        {call.usage_partial ? ` ${t('partial')}` : ''}
      </p>
    </div>
  );
}
