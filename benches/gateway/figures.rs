//! What was measured on one route.

/// One value per round where a measurement is repeated; the median counts.
#[derive(Default)]
pub struct Figures {
    pub per_second: Vec<f64>,
    pub full_load_cpu_us: Vec<f64>,
    pub harness_cpu_us: Vec<f64>,
    pub p50_us: Vec<f64>,
    pub p99_us: Vec<f64>,
    pub paced_cpu_us: Vec<f64>,
    pub first_chunk_p50_ms: Vec<f64>,
    pub first_chunk_p99_ms: Vec<f64>,
    pub streams_s: Vec<f64>,
    pub chunk_cpu_us: Vec<f64>,
    /// Of all rounds together.
    pub chunks_lost: u32,
    pub idle_mib: Option<f64>,
    pub loaded_mib: Option<f64>,
    pub streamed_mib: Option<f64>,
}

/// `None` for no values; the mean of the middle two for an even number.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(values.len().checked_sub(1)? / 2)?, sorted.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}
