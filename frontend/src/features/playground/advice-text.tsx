import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { carried } from '@/app/page-state';
import { pages, pagesFor } from '@/app/pages';
import { adviceFor, type Failure } from './failure';

type Advised = Pick<Failure, 'kind' | 'code' | 'retryAfter' | 'isWorthRetrying'>;

/** What to do about a failure, with a link to where it is done. */
export function AdviceText({ failure }: { failure: Advised }) {
  const t = useTranslations('playground.advice');
  const tp = useTranslations('app.pages');
  const { data: me } = useQuery(meQuery());
  const { text, page } = adviceFor(failure);
  const target = pages.find(({ id }) => id === page);
  const isAllowed = pagesFor(me?.role).some(({ id }) => id === page);
  return (
    <p className="text-ink-2">
      {t(text)}
      {target && isAllowed ? (
        <>
          {' '}
          <Link to={target.path} search={carried} className="whitespace-nowrap font-medium text-accent hover:underline">
            {tp(target.id)}
          </Link>
        </>
      ) : null}
    </p>
  );
}
