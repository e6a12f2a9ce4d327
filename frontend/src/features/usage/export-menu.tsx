import { Download } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { apiUrl } from '@/api/client';
import { usePage } from '@/app/page-state';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu';
import { download } from '@/lib/download';
import type { GroupBy } from '@/lib/group-by';
import { useUsageFilters } from './filters';
import { type UsageTable, usageCsv } from './rows';
import { useRowName } from './table';

const columns = [
  'calls',
  'prompt',
  'cached',
  'completion',
  'reasoning',
  'tokens',
  'cost',
  'unpriced',
  'share',
] as const;
const formats = ['csv', 'excel', 'json'] as const;

/** The table as it stands, or the calls that it sums. */
export function ExportMenu({ table, by }: { table: UsageTable; by: GroupBy }) {
  const t = useTranslations('usage.export');
  const tb = useTranslations('usage.breakdown');
  const tf = useTranslations('usage.filter');
  const { query } = usePage();
  const { query: filter } = useUsageFilters();
  const nameOf = useRowName();
  const notify = useToast();
  const save = (): void => {
    const name = `llm_router_usage_by_${by}_${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.csv`;
    const head = [tf(by), ...columns.map((column) => tb(column))];
    download(name, usageCsv(table, head, nameOf), 'text/csv;charset=utf-8');
    notify(t('made', { name }));
  };
  const parameters = new URLSearchParams(
    Object.entries({ ...query, ...filter }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
  return (
    <Menu
      label={t('label')}
      trigger={
        <Button>
          <Download aria-hidden size={16} strokeWidth={1.5} />
          <span className="max-sm:sr-only">{t('label')}</span>
        </Button>
      }
    >
      <MenuItem onSelect={save}>{t('table')}</MenuItem>
      <MenuLine />
      {formats.map((format) => (
        <MenuItem key={format} asChild>
          <a href={`${apiUrl(`monitor/export/${format}`)}?${parameters}`} download>
            {t(format)}
          </a>
        </MenuItem>
      ))}
    </Menu>
  );
}
