import { type RefObject, useLayoutEffect, useState } from 'react';
import type { Size } from './prepare/model';

/** The size of an element, in whole pixels; undefined before it is laid out. */
export function useSize(ref: RefObject<HTMLElement | null>): Size | undefined {
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = (): void => {
      const { width, height } = element.getBoundingClientRect();
      setSize((before) => {
        const next = { width: Math.floor(width), height: Math.floor(height) };
        return before && before.width === next.width && before.height === next.height ? before : next;
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}
