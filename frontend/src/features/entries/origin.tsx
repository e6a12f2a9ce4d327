import { useTranslations } from 'use-intl';

/** Where an entry is from decides whose word counts last. */
export function OriginNote({ origin }: { origin: string }) {
  const t = useTranslations('entries.origin');
  return <p className="text-ink-3 text-label">{t(origin === 'file' ? 'fileLong' : 'apiLong')}</p>;
}

export function Origin({ origin }: { origin: string }) {
  const t = useTranslations('entries.origin');
  const isFile = origin === 'file';
  return (
    <span title={t(isFile ? 'fileLong' : 'apiLong')} className="text-ink-3 text-label">
      {t(isFile ? 'file' : 'api')}
    </span>
  );
}
