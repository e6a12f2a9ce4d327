import { px, type Size } from './model';

export interface DayBarsModel {
  size: Size;
  /** Whole days. */
  path: string;
  /** The day that still runs, and the first one where the range cuts it. */
  pale: string;
}

/** A bar a day, without axes; the largest one has the whole height, and what is more than nothing is seen. */
export function prepareDayBars(values: readonly { amount: number; isPartial: boolean }[], size: Size): DayBarsModel {
  const max = Math.max(0, ...values.map(({ amount }) => amount));
  const step = values.length ? size.width / values.length : 0;
  const gap = step > 6 ? 2 : step > 3 ? 1 : 0;
  // Few bars do not become blocks.
  const width = Math.max(0.5, Math.min(step - gap, 24));
  const bars = values.map(({ amount, isPartial }, index) => {
    if (amount <= 0 || max === 0) return { isPartial, path: '' };
    const height = Math.max(1, (amount / max) * (size.height - 1));
    const left = index * step + (step - gap - width) / 2;
    return {
      isPartial,
      path: `M${px(left)} ${px(size.height)}V${px(size.height - height)}H${px(left + width)}V${px(size.height)}Z`,
    };
  });
  const join = (isPartial: boolean): string =>
    bars
      .filter((bar) => bar.isPartial === isPartial)
      .map(({ path }) => path)
      .join('');
  return { size, path: join(false), pale: join(true) };
}
