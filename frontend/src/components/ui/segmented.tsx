import clsx from 'clsx';
import { useId } from 'react';

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value | undefined;
  options: readonly { value: Value; label: string; title?: string }[];
  onChange: (value: Value) => void;
  size?: 'md' | 'sm';
}

/** One of a few; native radio buttons, so the arrow keys work. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  size = 'md',
}: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset className="inline-flex shrink-0 overflow-hidden rounded-control border border-line-strong bg-surface">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          title={option.title}
          className={clsx(
            'relative flex cursor-pointer items-center has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:-outline-offset-2 touch:min-h-9',
            size === 'md' ? 'h-[28px] px-2.5' : 'h-6 px-2 text-label',
            option.value === value ? 'bg-ink-1 font-medium text-surface' : 'text-ink-2 hover:bg-sunken',
          )}
        >
          <input
            type="radio"
            name={name}
            className="absolute inset-0 cursor-pointer appearance-none outline-none"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
