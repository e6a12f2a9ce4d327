import { middleCut } from '@/lib/format';

/** A model's or an id's name: in the mono face, cut in its middle, whole on hover and for readers. */
export function Name({ name, most = 32 }: { name: string; most?: number }) {
  const short = middleCut(name, most);
  if (short === name) return <span className="font-mono text-label">{name}</span>;
  return (
    <span title={name} className="font-mono text-label">
      <span aria-hidden>{short}</span>
      <span className="sr-only">{name}</span>
    </span>
  );
}

export function Swatch({ color }: { color: string }) {
  return <span aria-hidden className="inline-block size-2.5 shrink-0 rounded-[2px]" style={{ background: color }} />;
}
