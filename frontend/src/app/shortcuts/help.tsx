import { useTranslations } from 'use-intl';
import { Dialog } from '@/components/ui/dialog';
import { pages } from '../pages';

const rows = [
  ['filter', '/'],
  ['palette', '⌘K · Ctrl K'],
  ['next', 'j'],
  ['previous', 'k'],
  ['open', 'Enter'],
  ['close', 'Esc'],
  ['live', 'l'],
  ['shift', '[ ]'],
  ['zoom', '− +'],
  ['compare', 'c'],
  ['copy', 'y'],
  ['theme', 't'],
  ['help', '?'],
] as const;

export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const t = useTranslations('app');
  return (
    <Dialog open onClose={onClose} title={t('shortcuts.title')} className="max-w-160!">
      <div className="grid gap-x-8 overflow-y-auto p-4 sm:grid-cols-2">
        <dl>
          {rows.map(([name, keys]) => (
            <Row key={name} text={t(`shortcuts.${name}`)} keys={keys} />
          ))}
        </dl>
        <dl>
          {pages
            .filter(({ letter }) => letter)
            .map(({ id, letter }) => (
              <Row key={id} text={t('shortcuts.go', { page: t(`pages.${id}`) })} keys={`g ${letter}`} />
            ))}
        </dl>
      </div>
    </Dialog>
  );
}

function Row({ text, keys }: { text: string; keys: string }) {
  return (
    <div className="flex min-h-8 items-center justify-between gap-4 border-line border-b">
      <dt>{text}</dt>
      <dd>
        <kbd className="rounded-chip bg-sunken px-1.5 py-0.5 text-ink-2">{keys}</kbd>
      </dd>
    </div>
  );
}
