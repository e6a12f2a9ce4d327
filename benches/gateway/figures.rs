//! What was measured on one route: one value per round, or a single one.

#[derive(Default)]
pub struct Figures {
    pub per_second: Vec<f64>,
    /// Empty on the direct route, as every figure of a proxy's CPU and memory.
    pub full_load_cpu_us: Vec<f64>,
    pub harness_cpu_us: Vec<f64>,
    pub p50_us: Vec<f64>,
    pub p99_us: Vec<f64>,
    pub paced_cpu_us: Vec<f64>,
    pub first_chunk_p50_ms: Vec<f64>,
    pub first_chunk_p99_ms: Vec<f64>,
    pub streams_s: Vec<f64>,
    pub chunk_cpu_us: Vec<f64>,
    pub chunks_lost: Vec<f64>,
    pub idle_mib: Vec<f64>,
    pub loaded_mib: Vec<f64>,
    pub streamed_mib: Vec<f64>,
}

/// `None` for no values; the mean of the middle two for an even number.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) =
        (sorted.get(values.len().checked_sub(1)? / 2)?, sorted.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}
