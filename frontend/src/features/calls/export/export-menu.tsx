import { Download } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { FilterQuery } from '@/api/filters';
import { usePage } from '@/app/page-state';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import type { Format } from './exports';

/** The filtered calls as a file; the database is for administrators. */
export function ExportMenu({ filters, hasDatabase }: { filters: FilterQuery; hasDatabase: boolean }) {
  const t = useTranslations('calls.export');
  const { query } = usePage();
  const formats: Format[] = ['csv', 'excel', 'json', ...(hasDatabase ? (['database'] as const) : [])];
  return (
    <Menu
      label={t('label')}
      trigger={
        <Button title={t('hint')} className="max-sm:px-2!">
          <Download aria-hidden size={16} strokeWidth={1.5} />
          <span className="max-sm:sr-only">{t('label')}</span>
        </Button>
      }
    >
      {formats.map((format) => (
        <MenuItem key={format} onSelect={() => void start(format, { ...query, ...filters })}>
          {t(format)}
        </MenuItem>
      ))}
    </Menu>
  );
}

async function start(format: Format, query: Record<string, unknown>): Promise<void> {
  const { exportStore } = await import('./exports');
  await exportStore.start(format, query);
}
