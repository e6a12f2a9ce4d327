import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';
import type { paths } from '../schema.gen';

/** Sums, series and histograms. They share the first part of their key, so that a live tick refreshes all of them. */
export const figuresKey = 'figures';

type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;

export type StatisticsQuery = Query<'/monitor/statistics'>;
export type SeriesQuery = Query<'/monitor/time-series'>;
export type GroupedQuery = Query<'/monitor/time-series/grouped'>;
export type HistogramQuery = Query<'/monitor/histogram'>;

export function statisticsQuery(query: StatisticsQuery) {
  return queryOptions({
    queryKey: [figuresKey, 'statistics', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/statistics', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function seriesQuery(query: SeriesQuery) {
  return queryOptions({
    queryKey: [figuresKey, 'series', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/time-series', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function groupedQuery(query: GroupedQuery) {
  return queryOptions({
    queryKey: [figuresKey, 'grouped', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/time-series/grouped', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function histogramQuery(query: HistogramQuery) {
  return queryOptions({
    queryKey: [figuresKey, 'histogram', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/histogram', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
