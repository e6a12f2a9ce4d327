import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/providers/search';

export const Route = createFileRoute('/ui/providers')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/providers/page'), 'ProvidersPage'),
});
