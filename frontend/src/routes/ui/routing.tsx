import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/routing/search';

export const Route = createFileRoute('/ui/routing')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/routing/page'), 'RoutingPage'),
});
