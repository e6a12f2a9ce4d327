import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Waterfall } from '@/charts/waterfall';
import type { Route, Timings } from './call-parts';
import { timingSteps } from './prepare-timing';

/** Where the time of one call went. */
export function TimingView({ timings, route }: { timings: Timings | undefined; route: Route | undefined }) {
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
    return timings ? timingSteps(timings, route, words) : [];
  }, [timings, route, t]);
  if (!steps.length) return <p className="text-ink-3">{t('none')}</p>;
  return <Waterfall name={t('title')} steps={steps} />;
}
