import { cva, type VariantProps } from 'class-variance-authority';
import clsx from 'clsx';
import type { ComponentProps } from 'react';

export const buttonStyle = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-control font-medium touch:min-h-10 disabled:opacity-50',
  {
    variants: {
      variant: {
        primary: 'bg-ink-1 text-surface hover:bg-ink-2',
        secondary: 'border border-line-strong bg-surface text-ink-1 hover:bg-sunken',
        quiet: 'text-ink-2 hover:bg-sunken hover:text-ink-1',
        link: 'text-accent hover:underline',
        danger: 'border border-line-strong bg-surface text-bad hover:bg-bad-bg',
        destroy: 'bg-bad text-surface',
      },
      size: { md: 'h-[30px] px-3', icon: 'size-[30px] touch:min-w-10', inline: 'min-h-6' },
    },
    defaultVariants: { variant: 'secondary', size: 'md' },
  },
);

type ButtonProps = ComponentProps<'button'> & VariantProps<typeof buttonStyle>;

export function Button({ variant, size, className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={clsx(buttonStyle({ variant, size }), className)} {...rest} />;
}

type IconButtonProps = Omit<ButtonProps, 'size'> & { label: string };

/** An icon alone always has a label; it is the tooltip too. */
export function IconButton({ label, variant = 'quiet', ...rest }: IconButtonProps) {
  return <Button size="icon" variant={variant} aria-label={label} title={label} {...rest} />;
}
