/// A text format for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The media type, as the header `Content-Type` gives it.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that a request wants, by its header `Accept`: OpenMetrics if that is asked for by name and plain text
    /// is not liked better. Everybody else, a browser for one, gets Prometheus' text.
    ///
    /// ```
    /// use exposition::Format;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate(prometheus), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate("text/html,*/*;q=0.8"), Format::Prometheus);
    /// ```
    pub fn negotiate(accept: &str) -> Format {
        let (mut metrics, mut text, mut any) = (0.0f64, None::<f64>, 0.0f64);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut quality, mut version) = (1.0, None);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "version" => version = Some(value.trim().trim_matches('"')),
                    _ => {}
                }
            }
            match media.as_str() {
                // 0.0.1 was a draft that 1.0.0 satisfies.
                "application/openmetrics-text"
                    if matches!(version, None | Some("1.0.0" | "0.0.1")) =>
                {
                    metrics = metrics.max(quality);
                }
                "text/plain" if matches!(version, None | Some("0.0.4")) => {
                    text = Some(text.unwrap_or(0.0).max(quality));
                }
                "text/*" | "*/*" => any = any.max(quality),
                _ => {}
            }
        }
        if metrics > 0.0 && metrics >= text.unwrap_or(any) {
            Format::OpenMetrics
        } else {
            Format::Prometheus
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_decides() {
        use Format::{OpenMetrics, Prometheus};
        let cases = [
            ("", Prometheus),
            ("*/*", Prometheus),
            ("text/plain", Prometheus),
            ("application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text, */*", OpenMetrics),
            (
                "APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\"",
                OpenMetrics,
            ),
            ("application/openmetrics-text;version=2.0.0", Prometheus),
            ("application/openmetrics-text;q=0", Prometheus),
            ("application/openmetrics-text;q=none", Prometheus),
            (
                "application/openmetrics-text;q=0.2,text/plain;q=0.3",
                Prometheus,
            ),
            (
                "text/plain;version=1.0.0;q=0.9,application/openmetrics-text;q=0.2",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                 text/plain;version=0.0.4;q=0.5",
                Prometheus,
            ),
        ];
        for (accept, expected) in cases {
            assert_eq!(Format::negotiate(accept), expected, "{accept}");
        }
    }
}
