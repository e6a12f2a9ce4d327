import clsx from 'clsx';
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactElement, ReactNode } from 'react';

const itemStyle =
  'flex min-h-8 cursor-default items-center gap-2 rounded-chip px-2 outline-none data-highlighted:bg-sunken data-disabled:opacity-50 touch:min-h-11';

/** Not modal: a modal menu locks scrolling with an injected style, which the content policy forbids. */
export function Menu({ trigger, label, children }: { trigger: ReactElement; label: string; children: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className="opens z-40 max-h-[70dvh] min-w-44 overflow-y-auto rounded-panel border border-line bg-surface p-1 shadow-overlay"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem({ className, ...rest }: ComponentProps<typeof Radix.Item>) {
  return <Radix.Item className={clsx(itemStyle, className)} {...rest} />;
}

export function MenuCheck({ children, ...rest }: ComponentProps<typeof Radix.CheckboxItem>) {
  return (
    <Radix.CheckboxItem className={itemStyle} onSelect={(event) => event.preventDefault()} {...rest}>
      <span className="flex w-4 justify-center">
        <Radix.ItemIndicator>
          <Check aria-hidden size={14} />
        </Radix.ItemIndicator>
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}
