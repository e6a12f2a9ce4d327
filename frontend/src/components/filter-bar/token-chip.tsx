import { X } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Popover } from '../ui/popover';
import { FilterControl } from './filter-menu';
import { type FilterField, type Token, writeToken } from './tokens';

interface TokenChipProps {
  token: Token;
  field: FilterField | undefined;
  onChange: (changes: Record<string, string | undefined>) => void;
}

/** A filter that is set: a click changes it, the cross takes it away. */
export function TokenChip({ token, field, onChange }: TokenChipProps) {
  const t = useTranslations('app.filter');
  const [isOpen, setIsOpen] = useState(false);
  const text = writeToken(token, field);
  const known = field?.options?.find(({ value }) => value === token.value);
  const words = (
    <>
      <span className="text-ink-3">{field?.label ?? token.name}</span>
      {field?.kind === 'flag' ? null : ` ${field?.kind === 'bound' ? '> ' : ''}${known?.label ?? token.value}`}
    </>
  );
  return (
    <span className="inline-flex max-w-full items-center rounded-chip border border-line bg-sunken text-label leading-5">
      {field && field.kind !== 'flag' ? (
        <Popover
          open={isOpen}
          onOpenChange={setIsOpen}
          align="start"
          label={field.label}
          className="w-72"
          trigger={
            <button
              type="button"
              title={text}
              aria-label={t('change', { name: text })}
              className="min-h-6 min-w-0 truncate pl-1.5 hover:text-accent"
            >
              {words}
            </button>
          }
        >
          <FilterControl
            ids={{ 'aria-label': field.label }}
            field={field}
            value={token.value}
            onChange={(changes) => {
              onChange(changes);
              setIsOpen(false);
            }}
          />
        </Popover>
      ) : (
        <span className="truncate pl-1.5" title={text}>
          {words}
        </span>
      )}
      <button
        type="button"
        aria-label={t('remove', { name: text })}
        onClick={() => onChange({ [token.name]: undefined })}
        className="flex size-6 shrink-0 items-center justify-center text-ink-3 hover:text-ink-1"
      >
        <X aria-hidden size={12} />
      </button>
    </span>
  );
}
