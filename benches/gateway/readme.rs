//! The bench's README: the table is generated, the rest is written by hand.

use std::path::Path;

use anyhow::{Context, Result};

const BEGIN: &str = "<!-- table:begin -->";
const END: &str = "<!-- table:end -->";

/// Puts `table` between its markers in the README at `path`; begins a README from [`FRAME`] where there is none.
pub fn write(path: &Path, table: &str) -> Result<()> {
    let old = if path.exists() { std::fs::read_to_string(path)? } else { FRAME.to_owned() };
    let no_markers =
        || format!("`{}` has no `{BEGIN}` … `{END}` to put the table in", path.display());
    let (before, rest) = old.split_once(BEGIN).with_context(no_markers)?;
    let (_, after) = rest.split_once(END).with_context(no_markers)?;
    let new = format!("{before}{BEGIN}\n{table}{END}{after}");
    std::fs::write(path, new).with_context(|| format!("`{}` cannot be written", path.display()))
}

const FRAME: &str = "\
# Benchmarks

`make bench` builds the router for release, measures it beside nginx on this machine in one run, and writes this table.
Numbers differ from machine to machine; the ratios are what to compare.

<!-- table:begin -->
<!-- table:end -->

## How it is measured

- Load generator (one thread), mock upstream (a process of its own, one thread) and proxy share the machine, all on
  loopback. The upstream answers at once with a fixed chat completion; request and answer are about 600 bytes each and
  every connection is kept alive.
- nginx is Debian's package with two workers, keep-alive connections to the upstream and a buffered access log, because
  the router records its requests as well; streams go through it without buffering. The router has two workers, with
  limiter, recording (SQLite) and metrics on.
- Every measurement is repeated in five rounds, with the order of the routes reversed in every other one. The table shows
  the median of the rounds, and the median of the ratios within a round.
- Closed loop: 5 s after 1.5 s of warm-up. Open loop: a request every millisecond for 6 s after 1.5 s of warm-up, over 64
  connections; a latency counts from the moment that the schedule names, and what is added is the difference to the direct
  route.
- Streams: 1,000 connections ask at the same moment; the upstream sends 50 chunks, one every 20 ms, so a stream takes
  0.98 s at best.
- CPU is that of all threads of the proxy's processes, from the scheduler's own count (`schedstat`). As load generator and
  upstream need CPU too, the ratio of requests/s flatters the slower proxy; the ratio of requests per second of proxy CPU
  does not. At 1,000 requests/s the cores sleep between two requests, and waking them costs more than the request.
- Memory of nginx is the sum of master and workers; pages that they share count for each.
- At the end the router's list of invocations must have one row for every request that was sent to it, no chunk may be
  lost, and the router must end with exit code 0 after SIGTERM. AnswerDefaults the bench fails and writes nothing here.

## What costs the rest

Not written yet.
";
