import { describe, expect, it } from 'vitest';
import { countSteps, JobRunner } from './job';

const ok = (name: string) => ({ name, run: async () => `${name} changed` });
const bad = { name: 'bad', run: () => Promise.reject(new Error('refused')) };

describe('work on many entries', () => {
  it('goes on after a failure, and says what came out of each', async () => {
    const runner = new JobRunner();
    let ended = 0;
    await runner.start('t', [ok('a'), bad, ok('b')], () => ended++);
    const view = runner.view();
    expect(view?.isRunning).toBe(false);
    expect(view?.steps.map(({ state, message }) => [state, message])).toEqual([
      ['done', 'a changed'],
      ['failed', 'refused'],
      ['done', 'b changed'],
    ]);
    expect(ended).toBe(1);
    expect(view && countSteps(view, 'done')).toBe(2);
  });
  it('stops before the next one', async () => {
    const runner = new JobRunner();
    const stopping = { name: 'a', run: async () => void runner.stop() };
    await runner.start('t', [stopping, ok('b')], () => {});
    expect(runner.view()?.steps.map(({ state }) => state)).toEqual(['done', 'stopped']);
  });
  it('tells its listeners, and is gone when it is dismissed', async () => {
    const runner = new JobRunner();
    let told = 0;
    const leave = runner.subscribe(() => told++);
    await runner.start('t', [ok('a')], () => {});
    runner.dismiss();
    leave();
    expect(runner.view()).toBeUndefined();
    expect(told).toBe(5);
  });
});
