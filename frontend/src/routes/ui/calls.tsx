import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/calls/search';

export const Route = createFileRoute('/ui/calls')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/calls/page'), 'CallsPage'),
});
