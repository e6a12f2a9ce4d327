//! Families with their samples, in Prometheus' text format.

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram as ProtoHistogram, LabelPair, Metric, MetricFamily,
    MetricType,
};
use prometheus::{Encoder, TextEncoder};

use super::families::{Family, Kind};
use super::histogram::Histogram;

/// One family after the other, each once.
#[derive(Default)]
pub struct Page {
    families: Vec<MetricFamily>,
}

impl Page {
    /// A counter or a gauge. Values of labels come in the order of [`Family::labels`].
    pub fn numbers<'a, const LABELS: usize>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = ([&'a str; LABELS], f64)>,
    ) {
        let samples = samples.into_iter().map(|(labels, value)| {
            let mut metric = Metric::from_label(pairs(family, labels));
            match family.kind {
                Kind::Counter => {
                    let mut counter = Counter::default();
                    counter.set_value(value);
                    metric.set_counter(counter);
                }
                Kind::Gauge | Kind::Histogram(_) => {
                    let mut gauge = Gauge::default();
                    gauge.set_value(value);
                    metric.set_gauge(gauge);
                }
            }
            metric
        });
        self.add(family, samples.collect());
    }

    /// The one sample of a family without labels.
    pub fn number(&mut self, family: &Family, value: f64) {
        self.numbers(family, [([], value)]);
    }

    /// One that is empty is left out.
    pub fn histograms<'a, const LABELS: usize>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = ([&'a str; LABELS], &'a Histogram)>,
    ) {
        let samples = samples.into_iter().filter(|(_, histogram)| histogram.count() > 0);
        let samples = samples.map(|(labels, histogram)| {
            let mut metric = Metric::from_label(pairs(family, labels));
            metric.set_histogram(proto(histogram));
            metric
        });
        self.add(family, samples.collect());
    }

    fn add(&mut self, family: &Family, metrics: Vec<Metric>) {
        if metrics.is_empty() {
            return;
        }
        let mut shown = MetricFamily::default();
        shown.set_name(family.name.to_owned());
        shown.set_help(family.help.to_owned());
        shown.set_field_type(match family.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram(_) => MetricType::HISTOGRAM,
        });
        shown.set_metric(metrics);
        self.families.push(shown);
    }

    /// # Errors
    /// When it cannot be written as text.
    pub fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.families, &mut text)?;
        Ok(text)
    }
}

fn pairs<const LABELS: usize>(family: &Family, values: [&str; LABELS]) -> Vec<LabelPair> {
    debug_assert_eq!(family.labels.len(), LABELS, "{}", family.name);
    let pair = |(name, value): (&&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value.to_owned());
        pair
    };
    family.labels.iter().zip(values).map(pair).collect()
}

fn proto(histogram: &Histogram) -> ProtoHistogram {
    let bucket = |(bound, count): (f64, u64)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    };
    let mut shown = ProtoHistogram::default();
    shown.set_bucket(histogram.cumulated().map(bucket).collect());
    shown.set_sample_count(histogram.count());
    shown.set_sample_sum(histogram.sum());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::families::{OVERHEAD, UNPRICED};

    #[test]
    fn labels_are_escaped_and_empty_families_are_left_out() {
        let mut page = Page::default();
        page.histograms(&OVERHEAD, [([], &Histogram::new(buckets()))]);
        page.numbers(&UNPRICED, [(["a\"b\\c\nd", "ü {}"], 2.0)]);
        let text = String::from_utf8(page.text().unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        # HELP llm_router_unpriced_requests_total Calls that took tokens and whose cost is unknown
        # TYPE llm_router_unpriced_requests_total counter
        llm_router_unpriced_requests_total{model="a\"b\\c\nd",provider="ü {}"} 2
        "#);
    }

    #[test]
    fn a_histogram_has_its_buckets_sum_and_count() {
        let mut histogram = Histogram::new(buckets());
        histogram.observe(75);
        histogram.observe(60_000_000);
        let mut page = Page::default();
        page.histograms(&OVERHEAD, [([], &histogram)]);
        let text = String::from_utf8(page.text().unwrap()).unwrap();
        let ends: Vec<_> = text.lines().filter(|line| line.contains(['I', '5'])).collect();
        assert!(ends.contains(&"llm_router_overhead_seconds_bucket{le=\"0.00005\"} 0"), "{text}");
        assert!(ends.contains(&"llm_router_overhead_seconds_bucket{le=\"+Inf\"} 2"), "{text}");
        assert!(text.ends_with(
            "llm_router_overhead_seconds_sum 60.000075\nllm_router_overhead_seconds_count 2\n"
        ));
    }

    fn buckets() -> &'static crate::observe::histogram::Buckets {
        let Kind::Histogram(buckets) = OVERHEAD.kind else { panic!("a histogram") };
        buckets
    }
}
