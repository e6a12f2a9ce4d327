import type { VisibilityState } from '@tanstack/react-table';
import { Columns3 } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Button } from '../ui/button';
import { Popover } from '../ui/popover';

interface ColumnMenuProps {
  columns: readonly { id: string; label: string }[];
  visibility: VisibilityState;
  onShow: (id: string, isShown: boolean) => void;
}

export function ColumnMenu({ columns, visibility, onShow }: ColumnMenuProps) {
  const t = useTranslations('app.table');
  return (
    <Popover
      label={t('columns')}
      className="max-h-[70dvh] min-w-44 overflow-y-auto p-1!"
      trigger={
        <Button>
          <Columns3 aria-hidden size={16} strokeWidth={1.5} />
          <span className="max-sm:sr-only">{t('columns')}</span>
        </Button>
      }
    >
      {columns.map(({ id, label }) => (
        <label
          key={id}
          className="flex min-h-8 cursor-pointer items-center gap-2 rounded-chip px-2 hover:bg-sunken touch:min-h-11"
        >
          <input
            type="checkbox"
            checked={visibility[id] !== false}
            onChange={(event) => onShow(id, event.target.checked)}
          />
          {label}
        </label>
      ))}
    </Popover>
  );
}
