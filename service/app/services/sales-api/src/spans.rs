//! The service's spans, for an OpenTelemetry collector: off unless there is one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use expvar::Registry;
use otlp::{Endpoint, Exporter, Limits, Resource};
use trace::{Sampler, Tracer};

use crate::values::share;

/// Where spans go, and how many.
#[derive(Clone, Debug, Args)]
#[group(id = "spans")]
pub struct Settings {
    /// Send spans to an OpenTelemetry collector: http://HOST:PORT, to which /v1/traces is added (OTLP over HTTP with
    /// protobuf). Without it OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT count, unless
    /// OTEL_SDK_DISABLED is true; OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are heeded
    /// [default: none are sent]
    #[arg(
        long = "otlp-endpoint",
        env = "SALES_OTLP_ENDPOINT",
        value_name = "URL",
        hide_env_values = true
    )]
    pub endpoint: Option<String>,

    /// Which share of the traces that begin here is recorded, from 0 to 1; of others their callers decide
    #[arg(long = "trace-share", env = "SALES_TRACE_SHARE", value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    pub share: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            endpoint: None,
            share: 1.0,
        }
    }
}

/// The way to the collector, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    out: Option<(Exporter, Sampler)>,
}

impl Spans {
    /// Starts sending to the collector that the settings name, or else the environment, of which `env` reads a variable.
    ///
    /// # Errors
    /// The address or a header makes no sense, or the variable `otlp` is taken.
    pub fn start(
        settings: &Settings,
        variables: &Registry,
        env: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Spans> {
        let given = |name: &str| env(name).filter(|text| !text.is_empty());
        let is_off = env("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let (name, url, path) = match &settings.endpoint {
            Some(url) => ("--otlp-endpoint", url.clone(), "/v1/traces"),
            None if is_off => return Ok(Spans::default()),
            None => match (given(TRACES), given(ALL)) {
                (Some(url), _) => (TRACES, url, ""),
                (None, Some(url)) => (ALL, url, "/v1/traces"),
                (None, None) => return Ok(Spans::default()),
            },
        };
        let endpoint = Endpoint::new(&url, path, &env).context(name)?;
        tracing::info!(%endpoint, share = settings.share, "sending spans");
        let resource = Resource::from_env("sales-api", &env)
            .with("service.version", env!("CARGO_PKG_VERSION"))
            .with("process.pid", std::process::id().to_string());
        let exporter = Exporter::start(endpoint, resource, Limits::default(), variables)?;
        Ok(Spans {
            out: Some((exporter, Sampler::share(settings.share))),
        })
    }

    /// What begins traces, with ids that begin by `seed`.
    pub fn tracer(&self, seed: u64) -> Tracer {
        match &self.out {
            None => Tracer::off(seed),
            Some((exporter, sampler)) => Tracer::new(seed, *sampler, Arc::new(exporter.clone())),
        }
    }

    /// Sends what is left, and gives up after `limit`.
    pub async fn shutdown(&self, limit: Duration) {
        if let Some((exporter, _)) = &self.out {
            exporter.shutdown(limit).await;
        }
    }
}

const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[cfg(test)]
mod tests {
    use super::*;

    async fn endpoint(flag: Option<&str>, env: &[(&str, &str)]) -> Result<String, String> {
        let settings = Settings {
            endpoint: flag.map(str::to_owned),
            ..Settings::default()
        };
        let env = |name: &str| {
            env.iter()
                .find(|(have, _)| *have == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let spans = Spans::start(&settings, &Registry::new(), env);
        let spans = spans.map_err(|error| format!("{error:#}"))?;
        let shown = format!("{spans:?}");
        spans.shutdown(Duration::ZERO).await;
        Ok(shown)
    }

    #[tokio::test]
    async fn spans_go_where_the_flag_or_else_the_environment_says() {
        for (flag, env, expected) in [
            (None, &[][..], "None"),
            (None, &[(ALL, "")], "None"),
            (None, &[(ALL, "http://c:1")], "http://c:1/v1/traces"),
            (
                None,
                &[(ALL, "http://c:1"), (TRACES, "http://t:2/in")],
                "http://t:2/in",
            ),
            (
                None,
                &[(ALL, "http://c:1"), ("OTEL_SDK_DISABLED", "true")],
                "None",
            ),
            (
                Some("http://f:3"),
                &[(ALL, "http://c:1"), ("OTEL_SDK_DISABLED", "true")],
                "http://f:3/v1/traces",
            ),
        ] {
            let shown = endpoint(flag, env).await.expect("it makes sense");
            assert!(shown.contains(expected), "{shown} lacks {expected}");
        }
        let error = endpoint(None, &[(ALL, "https://me:canary@c")])
            .await
            .expect_err("TLS");
        assert!(
            error.starts_with(ALL) && !error.contains("canary"),
            "{error}"
        );
        let error = endpoint(Some("nowhere"), &[]).await.expect_err("no URL");
        assert!(
            error.starts_with("--otlp-endpoint: must be a URL"),
            "{error}"
        );
    }
}
