import type { VisibilityState } from '@tanstack/react-table';
import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../ui/button';
import { Menu, MenuCheck } from '../ui/menu';

/** Which columns are shown, remembered for this browser under `llm-router.columns.<table>`. */
export function useColumns(table: string, initial: VisibilityState = {}) {
  const stored = `llm-router.columns.${table}`;
  const [visibility, setVisibility] = useState<VisibilityState>(() => {
    try {
      return { ...initial, ...JSON.parse(localStorage.getItem(stored) ?? '{}') };
    } catch {
      return initial;
    }
  });
  const show = (id: string, isShown: boolean): void => {
    const next = { ...visibility, [id]: isShown };
    localStorage.setItem(stored, JSON.stringify(next));
    setVisibility(next);
  };
  return { visibility, show };
}

interface ColumnMenuProps {
  columns: readonly { id: string; label: string }[];
  visibility: VisibilityState;
  onShow: (id: string, isShown: boolean) => void;
}

export function ColumnMenu({ columns, visibility, onShow }: ColumnMenuProps) {
  const t = useTranslations('app.table');
  return (
    <Menu
      label={t('columns')}
      trigger={
        <Button>
          <Columns3 aria-hidden size={16} strokeWidth={1.5} />
          <span className="max-sm:sr-only">{t('columns')}</span>
        </Button>
      }
    >
      {columns.map(({ id, label }) => (
        <MenuCheck key={id} checked={visibility[id] !== false} onCheckedChange={(isShown) => onShow(id, isShown)}>
          {label}
        </MenuCheck>
      ))}
    </Menu>
  );
}
