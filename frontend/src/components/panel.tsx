import clsx from 'clsx';
import { type ReactNode, useId } from 'react';
import { useTranslations } from 'use-intl';
import { Problem } from '@/api/problem';
import { useMoments } from '@/app/formats';
import { Failed } from './failed';
import { type Source, useDelayed } from './panel-state';

interface FrameProps {
  title?: string;
  /** Beside the title: what is shown. */
  sub?: ReactNode;
  /** At the right end of the head. */
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A framed part of a page without data of its own. */
export function Frame({ title, sub, actions, className, children }: FrameProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={clsx(
        // A chart's tooltip may reach beyond its panel.
        'relative flex min-w-0 flex-col overflow-hidden rounded-panel border border-line bg-surface has-[figure]:overflow-visible',
        className,
      )}
    >
      {title ? (
        <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1.5 px-4 pt-2 pb-1.5">
          <h2 id={id} className="text-body">
            {title}
          </h2>
          {sub ? <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-3 text-label">{sub}</div> : null}
          {actions ? <div className="ml-auto flex items-center gap-2">{actions}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  );
}

interface PanelProps<Data> extends Omit<FrameProps, 'children'> {
  source: Source<Data>;
  /** Instead of the picture, where the answer holds nothing. */
  empty?: (data: Data) => ReactNode;
  /** The beginning of what the router still knows, where that lies inside the range. */
  coveredFrom?: (data: Data) => string | undefined;
  /** Height of the skeleton, so that nothing jumps. */
  height?: number;
  children: (data: Data) => ReactNode;
}

/** A framed part of a page with every state of its data; the panels beside it live on when one fails. */
export function Panel<Data>({ source, empty, coveredFrom, height = 160, children, ...frame }: PanelProps<Data>) {
  const { data, error, isPlaceholderData, refetch } = source;
  const isRefreshing = useDelayed(data !== undefined && isPlaceholderData);
  const isFirst = useDelayed(data === undefined && !error);
  return (
    <Frame {...frame}>
      {isRefreshing ? <Hairline /> : null}
      {data === undefined ? (
        error ? (
          <Failed error={error} onRetry={() => refetch()} />
        ) : (
          <Skeleton height={height} isVisible={isFirst} />
        )
      ) : (
        <div className={clsx('flex min-h-0 flex-1 flex-col', isRefreshing && 'opacity-60')}>
          {empty?.(data) ?? children(data)}
          <Notes source={source} covered={coveredFrom?.(data)} />
        </div>
      )}
    </Frame>
  );
}

function Notes<Data>({ source, covered }: { source: Source<Data>; covered: string | undefined }) {
  const t = useTranslations('app.state');
  const { moment } = useMoments();
  const { error, dataUpdatedAt } = source;
  if (!error && !covered) return null;
  const isAway = error instanceof Problem && error.isUnreachable;
  return (
    <p role="status" className="mt-auto border-line border-t px-4 py-1.5 text-label text-warn">
      {error ? t(isAway ? 'stale' : 'staleOther', { time: moment(dataUpdatedAt) }) : null}
      {covered && !error ? t('covered', { time: moment(covered) }) : null}
    </p>
  );
}

function Hairline() {
  return (
    <div aria-hidden className="absolute inset-x-0 top-0 h-0.5 overflow-hidden">
      <div className="h-full w-1/4 animate-[hairline_1s_linear_infinite] bg-accent" />
    </div>
  );
}

function Skeleton({ height, isVisible }: { height: number; isVisible: boolean }) {
  const t = useTranslations('app.state');
  return (
    <div aria-busy style={{ height }} className="p-4">
      {isVisible ? (
        <>
          <span className="sr-only">{t('loading')}</span>
          <div aria-hidden className="flex h-full flex-col justify-around">
            <div className="h-3 w-2/5 rounded-chip bg-sunken" />
            <div className="h-3 w-4/5 rounded-chip bg-sunken" />
            <div className="h-3 w-3/5 rounded-chip bg-sunken" />
          </div>
        </>
      ) : null}
    </div>
  );
}
