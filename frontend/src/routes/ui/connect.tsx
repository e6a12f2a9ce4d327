import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/connect/search';

export const Route = createFileRoute('/ui/connect')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/connect/page'), 'ConnectPage'),
});
