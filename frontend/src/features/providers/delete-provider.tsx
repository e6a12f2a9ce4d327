import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { deleteProvider } from '@/api/queries/providers';
import { ConfirmDelete } from '../entries/confirm-delete';
import type { ProviderRow } from './prepare-rows';

interface DeleteProviderProps {
  row: ProviderRow;
  onClose: () => void;
  onDone: (deleted: readonly string[]) => void;
}

export function DeleteProvider({ row, onClose, onDone }: DeleteProviderProps) {
  const t = useTranslations('providers.delete');
  const count = row.models.length;
  const remove = useMutation({
    mutationFn: () => deleteProvider(row.name, count > 0),
    onSuccess: ({ deleted }) => onDone(deleted),
  });
  return (
    <ConfirmDelete
      title={t('title', { name: row.name })}
      action={t('action', { count })}
      isBusy={remove.isPending}
      error={remove.error}
      onDelete={() => remove.mutate()}
      onClose={onClose}
    >
      {count ? (
        <>
          <p>{t('models', { count })}</p>
          <p className="break-words font-mono text-ink-2 text-label">
            {row.models
              .slice(0, 12)
              .map(({ id }) => id)
              .join(', ')}
            {count > 12 ? ' …' : ''}
          </p>
        </>
      ) : null}
      <p>{t('after')}</p>
      <p className="text-ink-3">{t(row.provider.origin === 'file' ? 'file' : 'api')}</p>
    </ConfirmDelete>
  );
}
