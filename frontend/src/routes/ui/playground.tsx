import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/playground/search';

export const Route = createFileRoute('/ui/playground')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/playground/page'), 'PlaygroundPage'),
});
