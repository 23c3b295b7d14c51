//! A service as the console sees it, second by second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{
    At, Cause, Command, Endpoints, Message, Number, Path, ProfileKind, RingNews, Scalar, Source,
    TargetId, TargetInfo,
};
use profile::Profile;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::testing::{profile_of, profile_with};
use crate::{Colors, Input, Options, State, update, view};

/// A console, its clock, and the service's life so far.
pub(super) struct Scene {
    pub(super) state: State,
    pub(super) commands: Vec<Command>,
    pub(super) now: At,
    second: u64,
}

impl Scene {
    /// Looks at one target, which has not answered yet.
    pub(super) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, 1, Options::default())
    }

    pub(super) fn with(width: u16, height: u16, targets: u32, options: Options) -> Self {
        let mut scene = Self {
            state: State::new(options),
            commands: Vec::new(),
            now: Duration::from_secs(100),
            second: 0,
        };
        scene.input(Input::Resize(width, height));
        scene.tick(0);
        let info = |id| TargetInfo {
            id: TargetId(id),
            name: format!("127.0.0.1:{}", 4000 + id),
            url: format!("http://127.0.0.1:{}", 4000 + id),
            pod: None,
        };
        scene.message(Message::Targets((0..targets).map(info).collect()));
        scene
    }

    pub(super) fn colors(width: u16, height: u16, colors: Colors) -> Self {
        Self::with(
            width,
            height,
            1,
            Options {
                colors,
                ..Options::default()
            },
        )
    }

    /// Lets the service answer once a second for so many seconds; the last answer is 300 ms old.
    pub(super) fn live(mut self, seconds: u64) -> Self {
        self.serve(seconds);
        self.tick(300);
        self
    }

    pub(super) fn serve(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.tick(1_000);
            self.second += 1;
            let values = service(self.second);
            self.sample(0, Source::Expvar, values);
        }
    }

    pub(super) fn sample(&mut self, target: u32, source: Source, values: Vec<(Path, Scalar)>) {
        self.message(Message::Sample {
            target: TargetId(target),
            at: self.now,
            took: Duration::from_micros(1_840),
            source,
            values: Arc::new(values),
            kinds: Arc::new(HashMap::new()),
            warnings: 0,
        });
    }

    pub(super) fn endpoints(&mut self, profiles: &[ProfileKind]) {
        self.message(Message::Endpoints {
            target: TargetId(0),
            at: self.now,
            endpoints: Endpoints {
                sources: vec![Source::Expvar],
                profiles: profiles.to_vec(),
            },
        });
    }

    pub(super) fn fail(&mut self, target: u32, cause: Cause, failures: u32) {
        self.fail_in(target, None, cause, failures);
    }

    /// Lets one source of a target fail, or all of it.
    pub(super) fn fail_in(
        &mut self,
        target: u32,
        source: Option<Source>,
        cause: Cause,
        failures: u32,
    ) {
        self.message(Message::Failed {
            target: TargetId(target),
            at: self.now,
            source,
            cause,
            failures,
            retry_in: Duration::from_secs(4),
        });
    }

    pub(super) fn restart(&mut self) {
        self.second = 0;
        self.message(Message::Restarted {
            target: TargetId(0),
            at: self.now,
            why: "uptime fell from 1 min 30 s to 0.4 s".to_owned(),
        });
    }

    pub(super) fn profile_started(&mut self, kind: ProfileKind, seconds: u32) {
        self.message(Message::ProfileStarted {
            target: TargetId(0),
            at: self.now,
            kind,
            seconds,
        });
    }

    pub(super) fn profile(&mut self, kind: ProfileKind, profile: Arc<Profile>) {
        self.message(Message::Profile {
            target: TargetId(0),
            at: self.now,
            kind,
            profile,
        });
    }

    /// Something that happened to a target's ring.
    pub(super) fn ring(&mut self, target: u32, news: RingNews) {
        self.message(Message::Ring {
            target: TargetId(target),
            at: self.now,
            news,
        });
    }

    pub(super) fn profile_failed(&mut self, kind: ProfileKind, cause: Cause) {
        self.message(Message::ProfileFailed {
            target: TargetId(0),
            at: self.now,
            kind,
            cause,
        });
    }

    pub(super) fn message(&mut self, message: Message) {
        self.input(Input::Message(message));
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.input(Input::Tick(self.now));
    }

    /// Presses keys: letters for themselves, names in angle brackets for the others.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for key in parsed(keys) {
            self.input(Input::Key(key));
        }
        self
    }

    pub(super) fn input(&mut self, input: Input) {
        self.commands.extend(update(&mut self.state, input));
    }

    /// The screen as a terminal would get it.
    pub(super) fn screen(&self) -> Buffer {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test backend");
        terminal
            .draw(|frame| view(&self.state, frame))
            .expect("a test backend");
        terminal.backend().buffer().clone()
    }

    /// The lines of the screen.
    pub(super) fn text(&self) -> String {
        text_of(&self.screen())
    }
}

pub(super) fn text_of(screen: &Buffer) -> String {
    let width = usize::from(screen.area().width).max(1);
    let lines = screen.content().chunks(width);
    let line = |cells: &[ratatui::buffer::Cell]| {
        let mut text = String::new();
        let mut covered = 0;
        for cell in cells {
            if covered == 0 {
                text.push_str(cell.symbol());
                covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            covered -= 1;
        }
        text.trim_end().to_owned() + "\n"
    };
    lines.map(line).collect()
}

fn parsed(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys;
    while let Some(char) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (code, modifiers, after) = match named {
            Some((name, after))
                if name
                    .chars()
                    .all(|char| char.is_ascii_lowercase() || char == '-')
                    && !name.is_empty() =>
            {
                let (code, modifiers) = named_key(name);
                (code, modifiers, after)
            }
            _ => (
                KeyCode::Char(char),
                KeyModifiers::NONE,
                &rest[char.len_utf8()..],
            ),
        };
        events.push(KeyEvent::new(code, modifiers));
        rest = after;
    }
    events
}

fn named_key(name: &str) -> (KeyCode, KeyModifiers) {
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "end" => KeyCode::End,
        "pagedown" => KeyCode::PageDown,
        "ctrl-c" => return (KeyCode::Char('c'), KeyModifiers::CONTROL),
        "ctrl-r" => return (KeyCode::Char('r'), KeyModifiers::CONTROL),
        "ctrl-z" => return (KeyCode::Char('z'), KeyModifiers::CONTROL),
        other => panic!("no key is called {other}"),
    };
    (code, KeyModifiers::NONE)
}

/// The variables of a shop at its `second` second, in the manner of our own services.
pub(super) fn service(second: u64) -> Vec<(Path, Scalar)> {
    let wave = |period: f64| (second as f64 / period * std::f64::consts::TAU).sin();
    let sum = |rate: &dyn Fn(f64) -> f64| (0..second).map(|at| rate(at as f64) as u64).sum::<u64>();
    let requests =
        sum(&|at| 300.0 + 40.0 * (at / 9.0).sin() + if at as u64 % 37 == 30 { 180.0 } else { 0.0 });
    let errors = sum(&|at| {
        if (at as u64).is_multiple_of(11) {
            3.0
        } else {
            0.0
        }
    });
    let heap = 18_000_000 + second % 16 * 450_000;
    let whole = |value: u64| Scalar::Number(Number::U64(value));
    let text = |text: &str| Scalar::Text(text.to_owned());
    let mut values = vec![
        ("build.commit", text("3f9c2ab")),
        ("build.name", text("sales-api")),
        ("build.profile", text("dev")),
        ("build.version", text("0.1.0")),
        (
            "cmdline",
            Scalar::Array(vec![
                text("target/debug/sales-api"),
                text("--store"),
                text("sqlite:.cutaway/shop.db"),
            ]),
        ),
        ("errors", whole(errors)),
        ("in_flight", whole((4.0 + 3.0 * wave(7.0)).round() as u64)),
        ("latency_ns.count", whole(requests)),
        ("latency_ns.max", whole(18_400_000)),
        (
            "latency_ns.p50",
            whole((820_000.0 + 60_000.0 * wave(20.0)) as u64),
        ),
        (
            "latency_ns.p99",
            whole((4_200_000.0 + 900_000.0 * wave(31.0)) as u64),
        ),
        ("latency_ns.sum", whole(requests * 910_000)),
        ("memstats.Alloc", whole(heap)),
        ("memstats.HeapAlloc", whole(heap)),
        (
            "memstats.Mallocs",
            whole(sum(&|at| 51_000.0 + 4_000.0 * (at / 5.0).cos())),
        ),
        ("memstats.Sys", whole(48_234_496)),
        ("memstats.TotalAlloc", whole(second * 3_400_000)),
        (
            "orders_placed",
            whole(sum(&|at| 28.0 + 6.0 * (at / 6.0).sin())),
        ),
        ("orders_rejected.out_of_stock", whole(second / 8)),
        ("panics", whole(0)),
        (
            "process.cpu_ns",
            whole(sum(&|at| 310_000_000.0 + 60_000_000.0 * (at / 8.0).sin())),
        ),
        ("process.fds", whole(31)),
        ("process.rss_bytes", whole(heap + 12_000_000)),
        ("process.threads", whole(7)),
        ("requests", whole(requests)),
        ("runtime.alive_tasks", whole(14)),
        ("runtime.workers", whole(2)),
        ("store.ready", Scalar::Bool(true)),
        (
            "store.write_queue",
            whole((2.0 + 2.0 * wave(5.0)).round() as u64),
        ),
        ("tasks", whole((12.0 + 2.0 * wave(13.0)).round() as u64)),
        ("uptime", Scalar::Number(Number::F64(second as f64 + 0.4))),
    ];
    values.sort_by_key(|(path, _)| Path::from(*path));
    values
        .into_iter()
        .map(|(path, value)| (Path::from(path), value))
        .collect()
}

/// Three seconds of the shop's CPU time, as its own profiler would tell it.
pub(super) fn cpu_profile() -> Arc<Profile> {
    const START: &str = "std::sys::thread::start;std::thread::lifecycle::spawn;tokio::runtime::blocking::pool::run;tokio::runtime::scheduler::worker::run";
    const POLL: &str = "tokio::runtime::task::harness::poll;hyper::server::conn::http1::poll;axum::routing::call;tower::util::oneshot::poll";
    let served = |rest: &str| format!("{START};{POLL};{rest}");
    let stacks = [
        (
            served(
                "sales_api::routes::orders::place;order::place;stores::sqlite::commit;rusqlite::statement::execute;sqlite3_step;sqlite3VdbeExec",
            ),
            460,
        ),
        (
            served(
                "sales_api::routes::orders::place;order::place;stores::sqlite::commit;rusqlite::statement::execute;sqlite3_step;sqlite3BtreeInsert",
            ),
            240,
        ),
        (
            served(
                "sales_api::routes::orders::place;order::place;stores::sqlite::commit;rusqlite::transaction::commit;sqlite3_step;fdatasync",
            ),
            310,
        ),
        (served("sales_api::routes::orders::place;order::price"), 60),
        (
            served("sales_api::routes::orders::place;serde_json::de::from_slice"),
            90,
        ),
        (
            served(
                "sales_api::routes::products::list;product::all;stores::sqlite::read;rusqlite::statement::query;sqlite3_step;sqlite3VdbeExec",
            ),
            210,
        ),
        (
            served(
                "sales_api::routes::products::list;serde_json::ser::to_vec;serde_json::ser::format_escaped_str",
            ),
            170,
        ),
        (
            served(
                "sales_api::routes::products::list;serde_json::ser::to_vec;alloc::raw_vec::grow",
            ),
            50,
        ),
        (served("sales_api::routes::liveness"), 8),
        (served("sales_api::routes::readiness"), 6),
        (served("sales_api::logging::line;tracing_core::dispatch"), 5),
        (
            format!("{START};tokio::runtime::scheduler::worker::park;mio::poll;epoll_wait"),
            130,
        ),
        (
            format!("{START};tokio::runtime::time::driver::park;mio::poll;epoll_wait"),
            40,
        ),
        (
            format!("{START};tokio::net::tcp::stream::poll_write;writev"),
            120,
        ),
    ];
    let stacks: Vec<(&str, i64)> = stacks
        .iter()
        .map(|(stack, millis)| (stack.as_str(), millis * 1_000_000))
        .collect();
    let mut profile = Profile::clone(&profile_of(&stacks, file_of));
    profile.duration_nanos = 3_000_000_000;
    Arc::new(profile)
}

/// The shop's memory, `round` moments after the start: one place holds more each time.
pub(super) fn heap_profile(round: i64) -> Arc<Profile> {
    const MIB: i64 = 1 << 20;
    const SERVE: &str = "tokio::runtime::task::harness::poll;sales_api::routes::orders::place";
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let stack = |leaf: &str| format!("{SERVE};{leaf};alloc::raw_vec::grow");
    let stacks = [
        (
            stack("order::history::keep"),
            [40, 4, 40, 4].map(|n| n * round),
        ),
        (
            stack("order::price"),
            [900, 30, 2, 1].map(|n| n * (round + 1)),
        ),
        (
            stack("stores::cache::fill"),
            [300, 12, 300, 12].map(|n| n * 2),
        ),
        (
            stack("serde_json::de::from_slice"),
            [5_000 * round, 90 * round, 6 - round, 6 - round],
        ),
    ];
    let values = |of: [i64; 4]| vec![of[0], of[1] * MIB, of[2], of[3] * MIB];
    let stacks: Vec<(&str, Vec<i64>, &str)> = stacks
        .iter()
        .map(|(stack, of)| (stack.as_str(), values(*of), ""))
        .collect();
    profile_with(&types, &stacks, file_of)
}

/// The shop's tasks: those that wait for the store become more each time.
pub(super) fn task_profile(round: i64) -> Arc<Profile> {
    const RUN: &str = "tokio::runtime::task::harness::poll";
    let stacks = [
        (
            format!(
                "{RUN};sales_api::routes::orders::place;stores::queue::wait;tokio::sync::batch_semaphore::poll"
            ),
            12 * round,
            "state=waiting name=request",
        ),
        (
            format!("{RUN};sales_api::serve;tokio::net::tcp::listener::poll_accept"),
            2,
            "state=waiting name=listener",
        ),
        (
            format!("{RUN};sales_api::telemetry::flush;tokio::time::sleep::poll"),
            1,
            "state=waiting name=telemetry",
        ),
        (
            format!("{RUN};sales_api::routes::products::list;serde_json::ser::to_vec"),
            3 - round.min(3),
            "state=running name=request",
        ),
    ];
    let stacks: Vec<(&str, Vec<i64>, &str)> = stacks
        .iter()
        .map(|(stack, count, labels)| (stack.as_str(), vec![*count], *labels))
        .collect();
    profile_with(&[("goroutine", "count")], &stacks, file_of)
}

/// What the shop waited for.
pub(super) fn lock_profile(round: i64) -> Arc<Profile> {
    let types = [("contentions", "count"), ("delay", "nanoseconds")];
    let stacks = [
        (
            "sales_api::routes::orders::place;order::place;stores::stock::reserve",
            410,
            8_100,
            "resource=stock kind=mutex",
        ),
        (
            "sales_api::routes::orders::place;order::place;stores::orders::append",
            96,
            2_300,
            "resource=orders kind=rwlock",
        ),
        (
            "sales_api::routes::products::list;stores::stock::read",
            31,
            240,
            "resource=stock kind=mutex",
        ),
    ];
    let stacks: Vec<(&str, Vec<i64>, &str)> = stacks
        .iter()
        .map(|(stack, count, micros, labels)| {
            (*stack, vec![count * round, micros * 1_000 * round], *labels)
        })
        .collect();
    profile_with(&types, &stacks, file_of)
}

fn file_of(name: &str) -> &str {
    match name.split("::").next().unwrap_or_default() {
        "sales_api" => "/home/me/shop/service/app/services/sales-api/src/routes/orders.rs",
        "order" | "product" => "/home/me/shop/service/business/domain/order/src/lib.rs",
        "stores" => "/home/me/shop/service/business/stores/src/sqlite.rs",
        "std" | "alloc" => "/rustc/59807616/library/std/src/lib.rs",
        _ => "/home/me/.cargo/registry/src/registry.example-1949cf8c6b5b/lib.rs",
    }
}
