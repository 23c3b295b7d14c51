//! `/debug/flame`: flame graphs, ready to look at.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, Method};
use profile::Profile;
use profile::flame::{Options, STYLE, svg};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::captures::Peer;
use crate::failure::Failure;
use crate::params::Params;
use crate::pprof::{self, Kind, cpu, snapshot};
use crate::reply;

/// A link of the human page.
pub(crate) struct Graph {
    pub(crate) title: &'static str,
    pub(crate) href: &'static str,
    profile: &'static str,
}

impl Graph {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(&self) -> Result<(), &'static str> {
        pprof::find(self.profile).map_or(Ok(()), pprof::Entry::available)
    }
}

/// What the human page offers.
pub(crate) const GRAPHS: [Graph; 6] = [
    Graph {
        title: "CPU, 5 s",
        href: "/debug/flame?profile=cpu&seconds=5",
        profile: "profile",
    },
    Graph {
        title: "Heap in use",
        href: "/debug/flame?profile=heap",
        profile: "heap",
    },
    Graph {
        title: "Allocations, 5 s",
        href: "/debug/flame?profile=allocs&seconds=5",
        profile: "allocs",
    },
    Graph {
        title: "Tasks",
        href: "/debug/flame?profile=tasks",
        profile: "goroutine",
    },
    Graph {
        title: "Who waited",
        href: "/debug/flame?profile=block",
        profile: "block",
    },
    Graph {
        title: "Who let wait",
        href: "/debug/flame?profile=mutex",
        profile: "mutex",
    },
];

/// Takes the profile `profile` (with `seconds` and `hz` as under `/debug/pprof/`) and draws it, of several sample types
/// the one named by `sample`, `width` pixels wide.
pub(crate) async fn flame(
    State(app): State<App>,
    method: Method,
    peer: Peer,
    params: Params,
) -> Response {
    let picture = draw(&app, &method, peer, &params).await;
    picture.unwrap_or_else(|failure| failure.answer())
}

async fn draw(
    app: &App,
    method: &Method,
    peer: Peer,
    params: &Params,
) -> Result<Response, Failure> {
    let name = params.get("profile").unwrap_or("cpu");
    let entry = match name {
        "cpu" => pprof::find(cpu::NAME),
        name => pprof::find(name),
    };
    let title = format!("{} · {name}", app.program());
    let look = Look::parse(params, title)?;
    match entry.map(|entry| (entry, entry.kind)) {
        Some((_, Kind::Cpu)) => {
            let asked = cpu::Asked::parse(method, params)?;
            let draw = move |profile: &collect::cpu::CpuProfile| look.draw(profile.profile.clone());
            let (taken, picture) = cpu::capture(app, peer, &asked, draw).await?;
            Ok(cpu::with_counts(answer(picture), &taken))
        }
        Some((entry, Kind::Snapshot(snapshot))) => {
            let span = snapshot::span(method, params)?;
            let profile = snapshot::take(app, entry.name, snapshot, span, peer).await?;
            Ok(answer(app.work(move || look.draw(profile)).await?))
        }
        Some((_, Kind::Never(why))) => Err(collect::Error::Unsupported { why }.into()),
        Some((_, Kind::Own | Kind::Symbol)) | None => Err(Failure::Asked(format!(
            "profile must be cpu, heap, allocs, tasks, block, mutex or threadcreate, not {name:?}"
        ))),
    }
}

/// What of a profile is drawn, and how.
struct Look {
    sample: Option<String>,
    options: Options,
}

impl Look {
    fn parse(params: &Params, title: String) -> Result<Self, Failure> {
        let width = params.number("width", 200..=4000).map_err(Failure::Asked)?;
        let mut options = Options {
            title,
            ..Options::default()
        };
        options.width = width.unwrap_or(options.width);
        Ok(Self {
            sample: params.get("sample").map(str::to_owned),
            options,
        })
    }

    fn draw(mut self, mut profile: Profile) -> Result<String, Failure> {
        let asked = |error: profile::Error| Failure::Asked(error.to_string());
        if let Some(sample) = &self.sample {
            self.options.sample_index = Some(profile.sample_index(sample).map_err(asked)?);
        }
        profile
            .prune()
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(svg(&profile, &self.options))
    }
}

/// The pictures' own style sheet and nothing else; the human page may frame them.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    HeaderValue::try_from(policy).expect("a policy of visible characters")
});

fn answer(picture: String) -> Response {
    let mut response = reply::reply("image/svg+xml", picture);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}
