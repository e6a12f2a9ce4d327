import clsx from 'clsx';
import { ListFilter, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { count as shortCount } from '@/lib/format';
import { IconButton } from '../ui/button';
import { FilterMenu } from './filter-menu';
import { TokenChip } from './token-chip';
import { type FilterField, readTokens, suggest, type Token } from './tokens';

interface FilterBarProps {
  fields: readonly FilterField[];
  /** The filters by name, as they stand in the URL; `q` is the search. */
  values: Record<string, string | undefined>;
  onChange: (changes: Record<string, string | undefined>) => void;
  /** Where there is no text to search. */
  placeholder?: string;
}

/** One field with tokens and suggestions; each filter is in the menu too, for the mouse. */
export function FilterBar({ fields, values, onChange, placeholder }: FilterBarProps) {
  const t = useTranslations('app.filter');
  const listId = useId();
  const [typed, setTyped] = useState(values.q ?? '');
  // The search may change elsewhere: by a link, or by going back.
  useEffect(() => setTyped(values.q ?? ''), [values.q]);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const tokens: Token[] = fields.flatMap(({ name }) => (values[name] ? [{ name, value: values[name] ?? '' }] : []));
  const suggestions = isOpen ? suggest(typed, fields) : [];

  const take = (text: string): void => {
    const { tokens: found, rest } = readTokens(text, fields);
    onChange({ ...Object.fromEntries(found.map(({ name, value }) => [name, value])), q: rest || undefined });
    setTyped(rest);
    setActive(-1);
    // The list below is what one looks at now; typing opens the suggestions again.
    setIsOpen(false);
  };
  const choose = (text: string): void => {
    const words = [...typed.split(/\s+/).slice(0, -1), text].join(' ');
    const isWhole = !/[:>]$/.test(text);
    if (isWhole) take(words);
    else setTyped(words);
    setActive(-1);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    const chosen = suggestions[active];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setIsOpen(true);
      setActive(Math.max(-1, Math.min(suggestions.length - 1, active + step)));
    } else if (event.key === 'Enter') {
      if (chosen) choose(chosen.text);
      else take(typed);
    } else if (event.key === 'Tab' && chosen) choose(chosen.text);
    else if (event.key === 'Escape') {
      if (isOpen && suggestions.length) setIsOpen(false);
      else event.currentTarget.blur();
    } else if (event.key === 'Backspace' && typed === '' && tokens.length) {
      onChange({ [tokens.at(-1)?.name ?? '']: undefined });
      return;
    } else return;
    event.preventDefault();
  };

  return (
    <div className="relative flex min-h-9 items-center gap-1 rounded-control border border-control bg-surface pr-1 pl-2 focus-within:outline-2 focus-within:outline-accent">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5 py-1">
        {tokens.map((token) => (
          <TokenChip
            key={token.name}
            token={token}
            field={fields.find(({ name }) => name === token.name)}
            onChange={onChange}
          />
        ))}
        <input
          data-filter
          role="combobox"
          aria-label={t('label')}
          aria-expanded={suggestions.length > 0}
          aria-controls={listId}
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={tokens.length ? '' : (placeholder ?? t('placeholder'))}
          title={t('hint')}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setIsOpen(true);
            setActive(-1);
          }}
          onFocus={() => setIsOpen(true)}
          onBlur={() => setIsOpen(false)}
          onKeyDown={onKey}
          className="h-6 min-w-24 flex-1 bg-transparent outline-none placeholder:text-ink-3"
        />
      </div>
      {tokens.length || values.q ? (
        <IconButton
          label={t('clear')}
          onClick={() => {
            setTyped('');
            onChange({ ...Object.fromEntries(fields.map(({ name }) => [name, undefined])), q: undefined });
          }}
        >
          <X aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      ) : null}
      <FilterMenu
        fields={fields}
        values={values}
        onChange={onChange}
        trigger={
          <IconButton label={t('add')}>
            <ListFilter aria-hidden size={16} strokeWidth={1.5} />
          </IconButton>
        }
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t('label')}
        className={clsx(
          'absolute top-full left-0 z-30 mt-1 min-w-64 max-w-full rounded-panel border border-line bg-surface p-1 shadow-overlay',
          suggestions.length === 0 && 'hidden',
        )}
      >
        {suggestions.map(({ text, label, count }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keys.
          <div
            key={text}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(text)}
            className={clsx(
              'flex min-h-8 cursor-pointer items-center gap-4 rounded-chip px-2',
              index === active && 'bg-sunken',
            )}
          >
            <span className="truncate">{label}</span>
            <span className="tabular ml-auto text-ink-3 text-label">
              {count === undefined ? <code>{text}</code> : shortCount(count)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
