import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/usage/search';

export const Route = createFileRoute('/ui/usage')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/usage/page'), 'UsagePage'),
});
