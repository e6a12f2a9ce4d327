import { useTranslations } from 'use-intl';
import { type Status, StatusMark } from '@/components/status-mark';
import type { Standing } from './routes';

const statuses: Record<Standing, Status> = {
  ready: 'ok',
  cooling: 'cooling',
  limited: 'warning',
  off: 'off',
  nowhere: 'off',
};

export function StandingMark({ standing }: { standing: Standing }) {
  const t = useTranslations('routing.standing');
  return <StatusMark status={statuses[standing]} word={t(standing)} />;
}
