import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { deleteModel } from '@/api/queries/models';
import { wholeCount } from '@/lib/format';
import { ConfirmDelete } from '../entries/confirm-delete';
import { callsOf, type ModelRow } from './prepare-rows';

interface DeleteModelProps {
  row: ModelRow;
  onClose: () => void;
  onDone: () => void;
}

export function DeleteModel({ row, onClose, onDone }: DeleteModelProps) {
  const t = useTranslations('models.delete');
  const { model } = row;
  const remove = useMutation({
    mutationFn: () => deleteModel({ provider: model.provider_name, model: model.name }),
    onSuccess: onDone,
  });
  const calls = callsOf(row);
  return (
    <ConfirmDelete
      title={t('title', { name: row.id })}
      action={t('action')}
      isBusy={remove.isPending}
      error={remove.error}
      onDelete={() => remove.mutate()}
      onClose={onClose}
    >
      {calls ? <p>{t('calls', { count: wholeCount(calls) })}</p> : null}
      <p>{t('after')}</p>
      <p className="text-ink-3">{t(model.origin === 'file' ? 'file' : 'api')}</p>
    </ConfirmDelete>
  );
}
