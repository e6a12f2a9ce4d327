import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { callQuery } from '@/api/queries/invocations';
import { usePage } from '@/app/page-state';
import { useToast } from '@/components/toast';
import type { Draft, Target } from './draft';
import { draftOf, targetOf } from './from-body';
import { handoverOf } from './handover';
import type { PlaygroundSearch } from './search';

/** Takes over the request of the recorded call in `?call=`, once. */
export function useHandover(take: (draft: Draft, target: Target) => void): void {
  const t = useTranslations('playground.handover');
  const { call: id }: PlaygroundSearch = useSearch({ strict: false });
  const { set } = usePage();
  const notify = useToast();
  const isWanted = id !== undefined && /^\d+$/.test(id);
  const { data, error } = useQuery({ ...callQuery(Number(id)), enabled: isWanted });
  const taken = useRef<string>(undefined);
  useEffect(() => {
    if (!isWanted || taken.current === id || (!data && !error)) return;
    if (data && data.id !== Number(id)) return;
    taken.current = id;
    const handed = data && handoverOf(data);
    if (handed) {
      take(draftOf(handed.body), targetOf(handed.target));
      return;
    }
    notify(error ? t('failed', { reason: error.message }) : t('notKept'), 'bad');
    set({ call: undefined });
  }, [id, isWanted, data, error, take, notify, set, t]);
}
