//! What a page weighs, and how long after a click a lab's first output is there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Workbook;
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::get::Connection;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "workbook-page",
    what: "The chapter on channels as the workbook serves it: from the request that a click on Run sends until the lab's first \
           line and until its result has come, with the lab built; and what a browser loads to show the page.",
    run: |context| Box::pin(async move { run(context).await }),
};

const PAGE: &str = "/concurrency/channels.html";
/// A run of a few milliseconds, so that what is measured is the way there and back.
const KNOBS: &str = r#"{"knobs":{"capacity":0,"producers":1,"consumers":1,"work":0,"items":10}}"#;
/// In nanoseconds.
const LIMIT: f64 = 1e9;
/// When waiting ends.
const PATIENCE: Duration = Duration::from_mins(1);

async fn run(context: &Context) -> anyhow::Result<Found> {
    context.program("channels", "channels")?;
    let workbook = Workbook::find(context)?;
    let server = Server::start(context, &workbook)?;
    let (mut first, mut result) = (Vec::new(), Vec::new());
    for turn in 0..=context.times(20) {
        let (to_first, to_result) = timeout(PATIENCE, server.click())
            .await
            .context("the lab says nothing")??;
        if turn > 0 {
            first.push(nanos(to_first));
            result.push(nanos(to_result));
        }
    }
    let mut rows = vec![
        Row::repeated(
            "click to first line",
            Unit::Nanoseconds,
            first,
            Some(Limit::AtMost(LIMIT)),
        ),
        Row::repeated(
            "click to result, drawn",
            Unit::Nanoseconds,
            result,
            Some(Limit::AtMost(LIMIT)),
        ),
    ];
    let weight = Weight::of(server.address).await?;
    for (what, bytes) in [
        ("the page itself", weight.page),
        ("its style sheets", weight.styles),
        ("its scripts", weight.scripts),
        ("the fonts that it can ask for", weight.fonts),
        (
            "page, styles and scripts, compressed as a host would",
            weight.compressed,
        ),
    ] {
        rows.push(Row::counted(what, Unit::Bytes, bytes as f64, None));
    }
    let notes = vec![
        "The lab is asked for its smallest run, ten orders that take no time, so what is measured is the server, the start of a \
         process, the recording and the drawing."
            .to_owned(),
        format!("The page loads {} files besides itself; the index is loaded when somebody searches.", weight.files),
        super::super::console::build_note(),
    ];
    Ok(Found { rows, notes })
}

/// `workbook serve`, running. Ended when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    /// What the printed link carries, if it carries anything: the right to run labs.
    token: Option<String>,
}

impl Server {
    fn start(context: &Context, workbook: &Workbook) -> anyhow::Result<Server> {
        let mut command = workbook.command(&["serve", "--book", "127.0.0.1:0"]);
        let mut child = context
            .cores
            .spawn_anywhere(command.stdout(Stdio::piped()).stderr(Stdio::inherit()))?;
        let out = child.stdout.take().context("its stdout is a pipe")?;
        for line in BufReader::new(out).lines() {
            let line = line?;
            let Some((_, rest)) = line.split_once("http://") else {
                continue;
            };
            let link = rest.split([' ', ';']).next().unwrap_or_default();
            let host = link.split(['/', '?']).next().unwrap_or_default();
            let token = link.split_once("token=").map(|(_, token)| token.to_owned());
            return Ok(Server {
                child,
                address: host.parse().with_context(|| line.clone())?,
                token,
            });
        }
        let ended = child.wait()?;
        bail!("`workbook serve` has ended: {ended}");
    }

    /// Runs the lab; after what time its first line and its result were there.
    async fn click(&self) -> anyhow::Result<(Duration, Duration)> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (mut send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        let mut request = Request::post("/api/labs/channels/run")
            .header(header::HOST, self.address.to_string())
            .header(header::ORIGIN, format!("http://{}", self.address))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let started = Instant::now();
        let response = send
            .send_request(request.body(Full::new(Bytes::from_static(KNOBS.as_bytes())))?)
            .await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut text = String::new();
        let (mut first, mut result) = (None, None);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                text.push_str(&String::from_utf8_lossy(&data));
            }
            if text.contains("\"event\":\"line\"") {
                first.get_or_insert_with(|| started.elapsed());
            }
            if text.contains("\"event\":\"result\"") {
                result.get_or_insert_with(|| started.elapsed());
            }
        }
        match (first, result) {
            (Some(first), Some(result)) => Ok((first, result)),
            _ => bail!(
                "the lab answered {status}: {}",
                text.chars().take(500).collect::<String>()
            ),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Bytes.
#[derive(Default)]
struct Weight {
    page: usize,
    styles: usize,
    scripts: usize,
    fonts: usize,
    compressed: usize,
    files: usize,
}

impl Weight {
    async fn of(address: SocketAddr) -> anyhow::Result<Weight> {
        let mut connection = Connection::open(address).await?;
        let page = load(&mut connection, PAGE).await?;
        let html = String::from_utf8_lossy(&page).into_owned();
        let mut weight = Weight {
            page: page.len(),
            compressed: packed(&page)?,
            ..Weight::default()
        };
        for style in named(&html, "<link rel=\"stylesheet\"", "href=\"", '"') {
            let body = load(&mut connection, &style).await?;
            weight.styles += body.len();
            weight.compressed += packed(&body)?;
            weight.files += 1;
            for font in named(&String::from_utf8_lossy(&body), "", "url('", '\'') {
                if font.ends_with("woff2") {
                    weight.fonts += load(&mut connection, &font).await?.len();
                    weight.files += 1;
                }
            }
        }
        for script in named(&html, "<script", "src=\"", '"') {
            let body = load(&mut connection, &script).await?;
            weight.scripts += body.len();
            weight.compressed += packed(&body)?;
            weight.files += 1;
        }
        anyhow::ensure!(
            weight.styles > 0 && weight.scripts > 0 && weight.fonts > 0,
            "the page loads nothing"
        );
        Ok(weight)
    }
}

/// A file of the site. Page and style sheets stand one folder deep, so their way up ends at the site's own folder.
async fn load(connection: &mut Connection, file: &str) -> anyhow::Result<Bytes> {
    let path = format!(
        "/{}",
        file.trim_start_matches("../").trim_start_matches('/')
    );
    let answer = connection.get(&path, PATIENCE).await?;
    Ok(answer.good().context(path)?.body)
}

/// What stands in the attribute of each element that begins so; of the whole text, if it is no element.
fn named(text: &str, element: &str, attribute: &str, end: char) -> BTreeSet<String> {
    let places: Vec<&str> = if element.is_empty() {
        text.split(attribute).skip(1).collect()
    } else {
        let elements = text
            .split(element)
            .skip(1)
            .filter_map(|rest| rest.split('>').next());
        elements
            .filter_map(|tag| Some(tag.split_once(attribute)?.1))
            .collect()
    };
    let values = places.iter().filter_map(|place| place.split(end).next());
    values.map(str::to_owned).collect()
}

fn packed(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}
