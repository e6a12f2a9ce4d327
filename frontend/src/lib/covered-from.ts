interface Answer {
  covered_from: string;
  start_time: string;
}

/**
 * Since when an answer's figures are known, where that is later than what was asked for: where sums begin, or as far
 * back as a search came. A minute is the grain of sums.
 */
export function coveredFrom({ covered_from, start_time }: Answer): string | undefined {
  return Date.parse(covered_from) > Date.parse(start_time) + 60_000 ? covered_from : undefined;
}
