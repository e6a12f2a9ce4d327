import { createRouter } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from '@/lib/search';
import { routeTree } from '../routeTree.gen';
import { ErrorPage, MissingPage } from './error-page';

export const router = createRouter({
  routeTree,
  basepath: new URL(document.baseURI).pathname,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: MissingPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
