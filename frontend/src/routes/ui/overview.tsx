import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/overview/search';

export const Route = createFileRoute('/ui/overview')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/overview/page'), 'OverviewPage'),
});
