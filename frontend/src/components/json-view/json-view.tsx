import { useVirtualizer } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { Copy } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { bytes } from '@/lib/format';
import { useCopy } from '../toast';
import { Button, IconButton } from '../ui/button';
import { Input } from '../ui/field';
import { findLines, type JsonLine, visibleLines } from './lines';

const firstPart = 1_000_000;
const lineHeight = 20;
const tones: Record<JsonLine['kind'], string> = {
  string: 'text-ink-1',
  number: 'text-info',
  word: 'text-info',
  open: 'text-ink-3',
  close: 'text-ink-3',
  plain: 'text-ink-1',
};

/** A body of any size: parsed in a worker, drawn line by line, folded and searched. */
export function JsonView({ text, name }: { text: string; name: string }) {
  const t = useTranslations('app.json');
  const copy = useCopy();
  const [isWhole, setIsWhole] = useState(false);
  const [wanted, setWanted] = useState('');
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const shownText = isWhole || text.length <= firstPart ? text : text.slice(0, firstPart);
  const lines = useLines(shownText);
  const visible = useMemo(() => visibleLines(lines, folded), [lines, folded]);
  const found = useMemo(() => new Set(findLines(lines, wanted)), [lines, wanted]);
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: visible.length,
    getScrollElement: () => frame.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });

  const find = (text: string): void => {
    setWanted(text);
    const [first] = findLines(lines, text);
    if (first === undefined) return;
    setFolded(new Set());
    virtual.scrollToIndex(first, { align: 'center' });
  };
  const fold = (index: number): void => {
    const next = new Set(folded);
    if (!next.delete(index)) next.add(index);
    setFolded(next);
  };
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-center gap-2">
        <Input
          aria-label={t('search')}
          placeholder={t('search')}
          value={wanted}
          onChange={(event) => find(event.target.value)}
          className="max-w-60"
        />
        <span role="status" className="tabular text-ink-3 text-label">
          {wanted ? t('found', { count: found.size }) : t('lines', { count: lines.length })}
        </span>
        <IconButton label={t('copy')} className="ml-auto" onClick={() => void copy(text)}>
          <Copy aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
      <section
        ref={frame}
        data-scrolls
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        aria-label={name}
        className="max-h-[60dvh] overflow-auto rounded-control bg-sunken py-2 font-mono text-label"
      >
        <div style={{ height: virtual.getTotalSize() }} className="relative w-max min-w-full">
          {virtual.getVirtualItems().map((item) => {
            const index = visible[item.index] ?? 0;
            const line = lines[index];
            if (!line) return null;
            return (
              <div
                key={item.key}
                style={{ transform: `translateY(${item.start}px)`, paddingLeft: 24 + line.depth * 14 }}
                className={clsx(
                  'absolute top-0 left-0 h-5 min-w-full whitespace-pre pr-3 leading-5',
                  found.has(index) && 'bg-warn-bg',
                )}
              >
                {line.kind === 'open' ? (
                  <button
                    type="button"
                    aria-expanded={!folded.has(index)}
                    aria-label={t(folded.has(index) ? 'unfold' : 'fold')}
                    onClick={() => fold(index)}
                    className="-ml-5 inline-block w-5 text-ink-3"
                  >
                    {folded.has(index) ? '▸' : '▾'}
                  </button>
                ) : null}
                {line.key === undefined ? null : <span className="text-accent">{`${JSON.stringify(line.key)}: `}</span>}
                <span className={tones[line.kind]}>{line.text}</span>
                {folded.has(index) ? <span className="text-ink-3">{` … ${line.members} …`}</span> : null}
              </div>
            );
          })}
        </div>
      </section>
      {shownText.length < text.length ? (
        <Button className="self-start" onClick={() => setIsWhole(true)}>
          {t('loadAll', { shown: bytes(firstPart), total: bytes(text.length) })}
        </Button>
      ) : null}
    </div>
  );
}

function useLines(text: string): readonly JsonLine[] {
  const [lines, setLines] = useState<readonly JsonLine[]>([]);
  useEffect(() => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<JsonLine[]>) => setLines(data);
    worker.postMessage(text);
    return () => worker.terminate();
  }, [text]);
  return lines;
}
