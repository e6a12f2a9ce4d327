import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { Waterfall } from '@/charts/waterfall';
import { timingSteps } from './prepare-timing';

/** Where the time of one call went. */
export function TimingView({ call }: { call: CallDetail }) {
  const t = useTranslations('call.timing');
  const steps = useMemo(() => {
    const words = {
      auth: t('auth'),
      route: t('route'),
      queue: t('queue'),
      backoff: t('backoff'),
      connect: t('connect'),
      firstToken: t('firstToken'),
      answer: t('answer'),
      stream: t('stream'),
    };
    return timingSteps(call, words);
  }, [call, t]);
  if (!steps.length) return <p className="text-ink-3">{t('none')}</p>;
  return <Waterfall name={t('title')} steps={steps} />;
}
