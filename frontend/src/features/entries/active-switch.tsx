import clsx from 'clsx';
import { useTranslations } from 'use-intl';

interface ActiveSwitchProps {
  name: string;
  isOn: boolean;
  isBusy: boolean;
  onChange: (isOn: boolean) => void;
}

/** On or off at once; the word stands beside it. */
export function ActiveSwitch({ name, isOn, isBusy, onChange }: ActiveSwitchProps) {
  const t = useTranslations('entries.switch');
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={t('label', { name })}
      title={t(isOn ? 'toOff' : 'toOn')}
      disabled={isBusy}
      onClick={() => onChange(!isOn)}
      className="inline-flex h-[30px] items-center gap-2 rounded-control px-1 font-medium disabled:opacity-50 touch:min-h-11"
    >
      <span
        aria-hidden
        className={clsx(
          'flex h-4 w-7 items-center rounded-full border p-px',
          isOn ? 'justify-end border-ink-1 bg-ink-1' : 'justify-start border-control bg-surface',
        )}
      >
        <span className={clsx('size-3 rounded-full', isOn ? 'bg-surface' : 'bg-control')} />
      </span>
      {t(isOn ? 'on' : 'off')}
    </button>
  );
}
