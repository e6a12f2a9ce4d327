export interface Fact {
  label: string;
  value: string;
  title?: string | undefined;
}

/** A line of figures in a drawer. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="tabular flex flex-wrap gap-x-6 gap-y-2">
      {facts.map(({ label, value, title }) => (
        <div key={label} className="min-w-16">
          <dt className="text-ink-3 text-label">{label}</dt>
          <dd className="font-medium" title={title}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
