import { describe, expect, it } from 'vitest';
import type { Schemas } from '@/api/client';
import { countLabels, logTicks, moneyLabels, spanLabels, timeTicks, valueTicks, wholeTicks } from './axis';
import { bucketLabel, bucketsOf, nearest, trendOf } from './buckets';
import { failureColours, groupColours } from './colours';
import { prepareHeat } from './heat';
import { prepareLines } from './lines';
import { prepareMarks } from './marks';
import type { ChartTexts } from './model';
import { prepareSpark } from './spark';
import { prepareStack } from './stack';
import { prepareWaterfall } from './waterfall';

const texts: ChartTexts = (name, values) => `${name}${values ? JSON.stringify(values) : ''}`;
const size = { width: 400, height: 232 };
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 27, 0);

function point(index: number, group: string, calls: number, isPartial = false): Schemas['GroupedPoint'] {
  return {
    timestamp: new Date(start + index * hour).toISOString(),
    is_partial: isPartial,
    group_name: group,
    is_others: false,
    total_calls: calls,
    success_calls: calls,
    error_calls: 0,
    cancelled_calls: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    total_tokens: calls * 10,
    unpriced_calls: 0,
  };
}

const answer: Schemas['GroupedSeries'] = {
  granularity: 'hour',
  time_zone: 'UTC',
  start_time: new Date(start).toISOString(),
  end_time: new Date(start + 3 * hour).toISOString(),
  covered_from: new Date(start).toISOString(),
  group_by: 'model',
  group_count: 2,
  groups: [],
  data: [
    point(0, 'a', 3),
    point(0, 'b', 1),
    point(1, 'a', 0),
    point(1, 'b', 0),
    point(2, 'a', 5, true),
    point(2, 'b', 2, true),
  ],
};

describe('axes', () => {
  it('ends above the largest value', () => expect(valueTicks(1770)).toEqual([0, 500, 1000, 1500, 2000]));
  it('counts in whole numbers', () => expect(wholeTicks(2)).toEqual([0, 1, 2]));
  it('writes spans from milliseconds to minutes each in its unit', () =>
    expect(spanLabels([10, 1000, 100_000, 1_000_000])).toEqual(['10 ms', '1 s', '100 s', '17 m']));
  it('walks 1–3–10', () => expect(logTicks(90, 12_000)).toEqual([100, 300, 1000, 3000, 10_000]));
  it('keeps the tens when there are many', () =>
    expect(logTicks(1, 100_000)).toEqual([1, 10, 100, 1000, 10_000, 100_000]));
  it('has one unit', () => {
    expect(countLabels([0, 500, 1000, 1500])).toEqual(['0', '0.5k', '1k', '1.5k']);
    expect(moneyLabels([0, 0.05, 0.1])).toEqual(['$0', '$0.05', '$0.10']);
    expect(spanLabels([100, 1000, 10_000])).toEqual(['0.1 s', '1 s', '10 s']);
  });
  it('puts round moments of the zone on the time axis', () => {
    const ticks = timeTicks({ from: start, to: start + 24 * hour, zone: 'Asia/Kathmandu', lang: 'en' }, 0, 640);
    expect(ticks.every(({ label }) => /^(\d\d:00|\d+ \w+)$/.test(label))).toBe(true);
    expect(ticks.some(({ label }) => label === '28 Nov')).toBe(true);
  });
  it('stays round over a change of the clock', () => {
    const from = Date.UTC(2026, 9, 24, 22);
    const ticks = timeTicks({ from, to: from + 25 * hour, zone: 'Europe/Berlin', lang: 'en' }, 0, 640);
    expect(ticks.every(({ label }) => /^(\d\d:00|2\d Oct)$/.test(label))).toBe(true);
    expect(ticks.length).toBeGreaterThan(3);
  });
});

describe('buckets', () => {
  it('are each once and in order', () => {
    const buckets = bucketsOf(answer.data, 'hour', 'UTC');
    expect(buckets.map(({ to, from }) => to - from)).toEqual([hour, hour, hour]);
    expect(buckets[2]?.isPartial).toBe(true);
  });
  it('know how long a day of the zone is', () => {
    const day = { timestamp: '2026-03-29T00:00:00+01:00', is_partial: false };
    const [bucket] = bucketsOf([day], 'day', 'Europe/Berlin');
    expect((bucket?.to ?? 0) - (bucket?.from ?? 0)).toBe(23 * hour);
  });
  it('know how long a month is', () => {
    const [bucket] = bucketsOf(
      [{ timestamp: '2026-02-01T00:00:00+05:45', is_partial: false }],
      'month',
      'Asia/Kathmandu',
    );
    expect((bucket?.to ?? 0) - (bucket?.from ?? 0)).toBe(28 * 24 * hour);
  });
  it('are named', () => {
    expect(bucketLabel({ from: start, to: start + hour, isPartial: false }, 'hour', 'UTC', 'en')).toBe(
      '27 Nov 00:00–01:00',
    );
  });
  it('are found by a moment', () => {
    const samples = bucketsOf(answer.data, 'hour', 'UTC');
    expect([start - 1, start, start + hour, start + 9 * hour].map((at) => nearest(samples, at))).toEqual([0, 0, 1, 2]);
  });
  it('have a trend', () => {
    expect([trendOf([1, 2, 3]), trendOf([3, 2, 1]), trendOf([2, 2, 2]), trendOf([1])]).toEqual([
      'rising',
      'falling',
      'steady',
      'steady',
    ]);
  });
});

describe('stacked bars', () => {
  const series = [
    { key: 'a', name: 'a', color: 'var(--s1)' },
    { key: 'b', name: 'b', color: 'var(--s2)' },
  ];
  const options = { measure: 'calls', zone: 'UTC', lang: 'en', texts, series } as const;
  const model = prepareStack(answer, options)(size);

  it('draw a bar for each count above none', () =>
    expect(model.bars.map(({ path }) => path.match(/M/g)?.length)).toEqual([1, 1]));
  it('draw the running bucket apart', () =>
    expect(model.pale.map(({ path }) => path.match(/M/g)?.length)).toEqual([1, 1]));
  it('sort the tooltip by value and end with the total', () => {
    expect(model.samples[0]?.rows.map(({ name, value }) => `${name} ${value}`)).toEqual(['a 3', 'b 1', 'total 4']);
  });
  it('say total, peak and trend', () => expect(model.summary).toContain('"total":"11","peak":"7"'));
  it('hold the same numbers as a table', () =>
    expect(model.table.rows[1]).toEqual(['27 Nov 01:00–02:00', '0', '0', '0']));
  it('say when there is nothing', () => {
    const none = prepareStack({ ...answer, data: [] }, options)(size);
    expect([none.summary, none.samples.length, none.bars.length]).toEqual(['nothing', 0, 0]);
  });
});

describe('lines', () => {
  const buckets = bucketsOf(answer.data, 'hour', 'UTC');
  it('break where a value is missing', () => {
    const series = [{ key: 'p95', name: 'p95', color: 'x', values: [100, undefined, 300] }];
    const model = prepareLines({ buckets, granularity: 'hour', series, unit: 'span', zone: 'UTC', lang: 'en', texts })(
      size,
    );
    expect(model.lines[0]?.path.match(/M/g)?.length).toBe(2);
    expect(model.samples[1]?.rows).toEqual([]);
    expect(model.summary).toContain('"latest":"300 ms"');
  });
});

describe('the heat map', () => {
  const histogram: Schemas['Histogram'] = {
    metric: 'duration',
    edges_ms: [10, 100, 1000, 10_000],
    granularity: 'hour',
    time_zone: 'UTC',
    covered_from: new Date(start).toISOString(),
    data: [0, 1].map((index) => ({
      timestamp: new Date(start + index * hour).toISOString(),
      is_partial: false,
      counts: index ? [0, 0, 0, 0, 0] : [0, 1, 25, 0, 0],
    })),
  };
  const model = prepareHeat(histogram, {
    line: new Map([[start, 700]]),
    lineName: 'p95',
    zone: 'UTC',
    lang: 'en',
    texts,
  })(size);

  it('is darkest where most calls are', () => expect(model.cells.map(({ key }) => key)).toEqual(['1', '5']));
  it('shows one row beyond what was measured', () => expect(model.table.head).toHaveLength(2 + 4));
  it('names the duration of most calls', () => expect(model.summary).toContain('100 ms – 1.00 s'));
  it('leaves a single p95 without a name, which would cover its cell', () => expect(model.lineEnd).toBeUndefined());
  it('tells p95 and the parts of a bucket', () => {
    expect(model.samples[0]?.rows[0]).toEqual({ name: 'p95', value: '700 ms' });
    expect(model.samples[1]?.rows).toEqual([]);
  });
});

describe('colours', () => {
  it('are grey for others', () => {
    expect(groupColours([{ group_name: 'x', is_others: true }]).get('x')).toBe('var(--s-others)');
  });
  it('of failures differ', () => {
    const colours = failureColours(['upstream_timeout', 'rate_limited', 'upstream_error', 'x']);
    expect([...colours.values()]).toEqual(['var(--bad)', 'var(--warn)', 'var(--info)', 'var(--idle)']);
  });
});

it('a spark has gaps and ends in a point', () => {
  const model = prepareSpark([1, undefined, 3], { width: 104, height: 24 });
  expect(model.path.match(/M/g)?.length).toBe(2);
  expect(model.end).toEqual({ x: 102, y: 2 });
});

it('marks that lie close become one with a count', () => {
  const event = (id: number, minutes: number, kind: string): Schemas['EventView'] => ({
    id,
    at: new Date(start + minutes * 60_000).toISOString(),
    kind,
    subject: '',
    actor: 'router',
    summary: `event ${id}`,
    before: null,
    after: null,
  });
  const events = [
    event(1, 0, 'config.reloaded'),
    event(2, 1, 'circuit.opened'),
    event(3, 500, 'key.created'),
    event(4, 700, 'circuit.closed'),
  ];
  const axis = { from: start, to: start + 24 * hour, zone: 'UTC', lang: 'en', now: start + 24 * hour } as const;
  const marks = prepareMarks(events, axis, { left: 0, right: 400, top: 0, bottom: 100 });
  expect(marks.map(({ sign, count }) => `${sign}${count}`)).toEqual(['▼2', '◆1']);
  // Their labels never touch, however the events lie.
  const many = Array.from({ length: 90 }, (_, index) => event(index, (index * index * 7) % 1440, 'circuit.opened'));
  const places = prepareMarks(many, axis, { left: 0, right: 400, top: 0, bottom: 100 });
  expect(places.reduce((sum, { count }) => sum + count, 0)).toBe(90);
  expect(Math.min(...places.slice(1).map(({ x }, index) => x - (places[index]?.x ?? 0)))).toBeGreaterThanOrEqual(31);
});

it('a waterfall places steps on one scale and leaves room for their values', () => {
  const model = prepareWaterfall(
    [
      { key: '1', label: 'route', fromMs: 0, ms: 0.2, tone: 'router' },
      { key: '2', label: 'stream', fromMs: 100, ms: 900, tone: 'stream' },
    ],
    500,
  );
  expect(model.rows[0]?.width).toBe(2);
  const [, stream] = model.rows;
  expect(stream?.value).toBe('900 ms');
  expect((stream?.valueX ?? 0) + 6 * 6).toBeLessThanOrEqual(500);
});
