import { act, fireEvent, render, screen } from '@testing-library/react';
import type { ReactElement } from 'react';
import { IntlProvider } from 'use-intl';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '@/api/problem';
import en from '@/i18n/en';
import { Empty } from './empty';
import { Panel } from './panel';
import { type Source, together } from './panel-state';

vi.mock('@/app/formats', () => ({ useMoments: () => ({ moment: () => '12:48:50.226' }) }));

const there: Source<string[]> = {
  data: ['a'],
  error: null,
  isPlaceholderData: false,
  dataUpdatedAt: 1,
  refetch: () => {},
};
const absent: Source<string[]> = { ...there, data: undefined };

function draw(source: Source<string[]>): ReactElement {
  return (
    <IntlProvider locale="en" messages={en} timeZone="UTC">
      <Panel
        title="Traffic"
        source={source}
        empty={(rows) => (rows.length ? null : <Empty title="No call" />)}
        coveredFrom={(rows) => (rows.includes('partial') ? '2026-11-27T00:00:00Z' : undefined)}
      >
        {(rows) => <p>{rows.join()}</p>}
      </Panel>
    </IntlProvider>
  );
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a panel', () => {
  it('shows nothing of loading before 200 ms', () => {
    render(draw(absent));
    expect(screen.queryByText('Loading')).toBeNull();
    act(() => vi.advanceTimersByTime(210));
    expect(screen.queryByText('Loading')).not.toBeNull();
  });

  it('keeps the previous picture, paler, while it loads another', () => {
    render(draw({ ...there, isPlaceholderData: true }));
    act(() => vi.advanceTimersByTime(210));
    expect(screen.getByText('a').parentElement?.className).toContain('opacity-60');
  });

  it('says what is empty', () => {
    render(draw({ ...there, data: [] }));
    expect(screen.queryByText('No call')).not.toBeNull();
  });

  it('says what failed, with the request id, and tries again', () => {
    const refetch = vi.fn();
    render(draw({ ...absent, error: new Problem('database is locked', 503, 'busy', 'req-1'), refetch }));
    expect(screen.getByRole('alert').textContent).toContain('database is locked');
    expect(screen.queryByText('Request req-1')).not.toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(refetch).toHaveBeenCalledOnce();
  });

  it('keeps what it has when the router is away, and says how old that is', () => {
    render(draw({ ...there, error: new Problem('refused', 0, 'unreachable') }));
    expect(screen.queryByText('a')).not.toBeNull();
    expect(screen.getByRole('status').textContent).toBe('As of 12:48:50.226; the router does not answer');
  });

  it('says from when on it is covered', () => {
    render(draw({ ...there, data: ['partial'] }));
    expect(screen.getByRole('status').textContent).toBe('Covered from 12:48:50.226');
  });
});

describe('several sources', () => {
  it('are there when all are', () => {
    expect(together(there, absent).data).toBeUndefined();
    expect(together(there, { ...there, data: ['b'] }).data).toEqual([['a'], ['b']]);
  });
  it('are as old as the oldest', () => {
    expect(together(there, { ...there, dataUpdatedAt: 0 }).dataUpdatedAt).toBe(0);
  });
});
