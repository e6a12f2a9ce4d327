import { useTranslations } from 'use-intl';
import { Input } from '@/components/ui/field';
import type { KeysSearch } from './search';

interface ToolbarProps {
  search: KeysSearch;
  revoked: number;
  onChange: (changes: { q?: string | undefined; revoked?: string | undefined }) => void;
}

export function Toolbar({ search, revoked, onChange }: ToolbarProps) {
  const t = useTranslations('keys');
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="w-72 max-w-full max-sm:w-full">
        <Input
          data-filter
          type="search"
          aria-label={t('find')}
          placeholder={t('find')}
          value={search.q ?? ''}
          onChange={(event) => onChange({ q: event.target.value || undefined })}
        />
      </div>
      {revoked ? (
        <label className="flex min-h-6 items-center gap-2 text-ink-2">
          <input
            type="checkbox"
            className="size-3.5 accent-ink-1"
            checked={search.revoked === '1'}
            onChange={(event) => onChange({ revoked: event.target.checked ? '1' : undefined })}
          />
          {t('showRevoked', { count: revoked })}
        </label>
      ) : null}
    </div>
  );
}
