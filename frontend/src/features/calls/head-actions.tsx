import type { VisibilityState } from '@tanstack/react-table';
import { useTranslations } from 'use-intl';
import type { FilterQuery } from '@/api/filters';
import { ColumnMenu } from '@/components/data-table/columns';
import { columnIds } from './columns';
import { ExportMenu } from './export/export-menu';

interface HeadActionsProps {
  filters: FilterQuery;
  visibility: VisibilityState;
  onShow: (id: string, isShown: boolean) => void;
  isAdmin: boolean;
}

export default function HeadActions({ filters, visibility, onShow, isAdmin }: HeadActionsProps) {
  const t = useTranslations('calls.column');
  const columns = columnIds.filter((id) => isAdmin || id !== 'key').map((id) => ({ id, label: t(id) }));
  return (
    <>
      <span className="max-sm:hidden">
        <ColumnMenu columns={columns} visibility={visibility} onShow={onShow} />
      </span>
      <ExportMenu filters={filters} hasDatabase={isAdmin} />
    </>
  );
}
