import { createFileRoute, redirect } from '@tanstack/react-router';

export const Route = createFileRoute('/ui/')({
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/ui/overview', search, replace: true });
  },
});
