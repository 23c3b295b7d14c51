//! Everything that a target offers, one after the other; what fails is noted, and the rest goes on.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use cutaway_model::{Cause, Profile};
use cutaway_scrape::{Options, Places, Target, fetch, linked};
use serde_json::{Value, json};

use super::contents::Contents;

/// How long an answer may take: services in trouble are slow, and the first profile looks up all symbols.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much of a log's end is kept.
const LOG_END: u64 = 1 << 20;
/// What an index links to that is no profile: kept elsewhere, a service, or for another tool.
const NO_PROFILES: [&str; 4] = ["cmdline", "profile", "symbol", "trace"];

/// Asks the target for all of it; the CPU is sampled for so many seconds. Whether anything answered.
pub(super) async fn all(
    target: &Target,
    seconds: u32,
    options: &Options,
    contents: &mut Contents,
) -> bool {
    let places = Places::of(target, options);
    let mut asking = Asking {
        target,
        options,
        contents,
        heard: false,
    };
    asking.variables(&places, "before").await;
    let index = asking.ask(&places.profiles, PATIENCE).await;
    let names = index.map(|index| linked(&index)).unwrap_or_default();
    if !names.is_empty() {
        asking.cpu(&places, seconds, &names).await;
        for name in names
            .iter()
            .filter(|name| !NO_PROFILES.contains(&name.as_str()))
        {
            asking.profile(&places, name).await;
        }
        asking.details(&places, &names).await;
    } else if asking.heard {
        // Without a profile, too, some time lies between the two readings.
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
    if asking.heard {
        asking.variables(&places, "after").await;
    }
    asking.heard
}

/// A target being asked.
struct Asking<'a> {
    target: &'a Target,
    options: &'a Options,
    contents: &'a mut Contents,
    heard: bool,
}

impl Asking<'_> {
    /// What is at the path, if anything is.
    async fn ask(&mut self, path: &str, patience: Duration) -> Option<Vec<u8>> {
        match fetch(self.target, path, patience, self.options).await {
            Ok(body) => {
                self.heard = true;
                Some(body)
            }
            Err(Cause::NotFound(_)) => {
                self.contents.lacks(path);
                None
            }
            Err(cause) => {
                self.contents.fail(path, &cause.to_string());
                None
            }
        }
    }

    async fn variables(&mut self, places: &Places, when: &str) {
        for path in &places.variables {
            let Some(body) = self.ask(path, PATIENCE).await else {
                continue;
            };
            let text = String::from_utf8_lossy(&body);
            if let Ok(mut document @ Value::Object(_)) = serde_json::from_str(&text) {
                self.contents.cleaner.document(&mut document);
                let file = format!("variables/{when}.json");
                self.contents.add_document(&file, path, &document);
                self.versions(&json!({"build": document["build"]}));
            } else {
                let text = self.contents.cleaner.text(&text);
                // What should have been JSON and is not is evidence, too.
                let is_json = text.trim_start().starts_with('{');
                let kind = if is_json { "variables" } else { "metrics" };
                self.contents
                    .add(format!("{kind}/{when}.txt"), path, text.as_str());
                let infos = text.lines().filter(|line| {
                    let name = line.split(['{', ' ']).next().unwrap_or_default();
                    name == "go_info" || name.ends_with("build_info")
                });
                self.versions(&json!({"info": infos.collect::<Vec<_>>()}));
            }
        }
    }

    /// Notes what a reading says of versions.
    fn versions(&mut self, said: &Value) {
        let mut known = self.contents.versions().clone();
        for (name, value) in said.as_object().into_iter().flatten() {
            known[name] = value.clone();
        }
        self.contents.note_versions(known);
    }

    async fn cpu(&mut self, places: &Places, seconds: u32, names: &[String]) {
        if names.iter().any(|name| name == "profile") {
            let path = format!("{}profile?seconds={seconds}", places.profiles);
            let patience = PATIENCE + Duration::from_secs(seconds.into());
            if let Some(body) = self.ask(&path, patience).await {
                self.keep("cpu", &path, body).await;
            }
        }
    }

    async fn profile(&mut self, places: &Places, name: &str) {
        let path = format!("{}{name}", places.profiles);
        if let Some(body) = self.ask(&path, PATIENCE).await {
            self.keep(name, &path, body).await;
        }
    }

    /// Masks the secrets of a profile and adds it.
    async fn keep(&mut self, name: &str, path: &str, body: Vec<u8>) {
        let limit = self.options.max_profile;
        // Decoding a large profile takes long enough to delay whoever watches.
        let decoded = move || Profile::decode_bounded(&body, limit);
        match tokio::task::spawn_blocking(decoded).await {
            Ok(Ok(mut profile)) => {
                self.contents.cleaner.profile(&mut profile);
                let file = format!("profiles/{name}.pb.gz");
                self.contents.add(file, path, profile.encode_gzip());
            }
            Ok(Err(error)) => self.contents.fail(path, &error.to_string()),
            Err(error) => self.contents.fail(path, &error.to_string()),
        }
    }

    /// Each task or goroutine by itself, and the command line: texts.
    async fn details(&mut self, places: &Places, names: &[String]) {
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has("goroutine") {
            let path = format!("{}goroutine?debug=2", places.profiles);
            if let Some(body) = self.ask(&path, PATIENCE).await {
                let text = self.contents.cleaner.text(&String::from_utf8_lossy(&body));
                self.contents.add("profiles/goroutine.txt", &path, text);
            }
        }
        if has("cmdline") {
            let path = format!("{}cmdline", places.profiles);
            if let Some(body) = self.ask(&path, PATIENCE).await {
                let text = self.contents.cleaner.command_line(&body);
                self.contents.add("cmdline.txt", &path, text);
            }
        }
    }
}

/// The end of a log, from the beginning of a line.
pub(super) fn log(file: &Path, contents: &mut Contents) {
    let shown = file.display().to_string();
    match end_of(file) {
        Ok(bytes) => {
            let text = contents.cleaner.text(&String::from_utf8_lossy(&bytes));
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let mut name = format!("logs/{}", cutaway_model::sanitize(&name));
            while contents.files().iter().any(|of| of.file == name) {
                name.push('+');
            }
            contents.add(name, &shown, text);
        }
        Err(error) => contents.fail(&shown, &error.to_string()),
    }
}

fn end_of(file: &Path) -> io::Result<Vec<u8>> {
    // Asked of the name first: opening a pipe would wait for its other end.
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut file = File::open(file)?;
    let from = file.metadata()?.len().saturating_sub(LOG_END);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOG_END).read_to_end(&mut bytes)?;
    // Half a line could hide the name that says what is secret in it.
    if from > 0 {
        let first = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..first.map_or(bytes.len(), |at| at + 1));
    }
    Ok(bytes)
}
