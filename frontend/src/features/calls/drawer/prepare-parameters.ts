/** A parameter, and what became of it on its way to the provider. */
export interface ParameterRow {
  name: string;
  /** Absent where the client did not set it, or the body was not kept. */
  value: unknown;
  isDropped: boolean;
  /** What was sent in its place. */
  sentAs: string | undefined;
}

/** The client's own first, in its order; then what it did not set at the top of its request. */
export function parameterRows(
  parameters: readonly [string, unknown][],
  { dropped, adjusted }: { dropped: readonly string[]; adjusted: readonly string[] },
): ParameterRow[] {
  const sent = new Map(adjusted.map(nameAndValue));
  const given = new Map(parameters);
  const names = new Set([...given.keys(), ...sent.keys(), ...dropped]);
  return [...names].map((name) => ({
    name,
    value: given.get(name),
    isDropped: dropped.includes(name),
    sentAs: sent.get(name),
  }));
}

/** `max_tokens=100`; a custom one's name may hold a `=`, a number does not. */
function nameAndValue(text: string): [string, string] {
  const at = text.lastIndexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
