import { useTranslations } from 'use-intl';
import type { Table } from './prepare/model';

/** The chart's numbers as a table, for readers and for copying. */
export function AsTable({ table, name }: { table: Table; name: string }) {
  const t = useTranslations('charts');
  const label = `${name}: ${t('table')}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section data-scrolls aria-label={label} tabIndex={0} className="absolute inset-0 overflow-auto">
      <table className="tabular w-full text-label">
        <caption className="sr-only">{name}</caption>
        <thead className="sticky top-0 bg-surface">
          <tr>
            {table.head.map((text, index) => (
              <th
                key={text}
                scope="col"
                className={`whitespace-nowrap border-line border-b px-3 py-1 last:pr-12 font-medium text-ink-3 ${index ? 'text-right' : 'text-left'}`}
              >
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row[0]}>
              {row.map((text, index) => (
                <td
                  key={table.head[index]}
                  className={`whitespace-nowrap border-line border-b px-3 py-1 last:pr-12 ${index ? 'text-right' : 'text-left text-ink-2'}`}
                >
                  {text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
