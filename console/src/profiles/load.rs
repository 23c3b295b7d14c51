//! Profiles from files, URLs and targets: added up, compared, filtered.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use cutaway_model::{Profile, ProfileKind, sanitize};
use cutaway_scrape::{Options, fetch_profile, resolve};
use profile::{Filter, Reader, inlined, top};

use crate::BadUse;
use crate::args::profiles::{Comparison, Filters};
use crate::clusters;
use crate::files::{MAX_INFLATED, read_profile};

/// A profile and what there is to know about how it came to be.
pub(crate) struct Loaded {
    pub(crate) profile: Profile,
    /// Which of its values are shown.
    pub(crate) index: usize,
    /// What 100 % stands for: all samples before filters; in a comparison, those of the base.
    pub(crate) total: i64,
    /// The filters, as `go tool pprof` lists them.
    pub(crate) filters: Vec<String>,
    /// Whether it is a difference.
    pub(crate) differs: bool,
    /// The filters that matched nothing.
    pub(crate) unmatched: Vec<&'static str>,
}

/// Loads what the command line asks for.
pub(crate) fn load(
    sources: &[String],
    base: &Comparison,
    filters: &Filters,
    options: &Options,
) -> anyhow::Result<Loaded> {
    let filter = compile(filters)?;
    let mut profile = merge(sources, filters, options)?;
    let earlier = base.base.as_ref().or(base.diff_base.as_ref());
    if let Some(earlier) = earlier {
        let earlier = merge(std::slice::from_ref(earlier), filters, options)?;
        if base.normalize {
            profile = profile.normalized(&earlier)?;
        }
        profile = if base.base.is_some() {
            profile.subtract(&earlier)?
        } else {
            profile.diff(&earlier)?
        };
    }
    let index = index(&profile, filters.sample_type())?;
    let total = profile.reference_total(index);
    let unmatched = filter.map(|filter| profile.filter(&filter));
    Ok(Loaded {
        index,
        total,
        filters: active(filters),
        differs: earlier.is_some(),
        unmatched: unmatched.unwrap_or_default(),
        profile,
    })
}

/// A profile that is summed up without keeping its samples.
pub(crate) struct Summed<'a>(pub(crate) Reader<'a>);

/// The bytes of the one file asked for, if nothing else is.
pub(crate) fn only_file(
    sources: &[String],
    base: &Comparison,
    filters: &Filters,
) -> Option<std::io::Result<Vec<u8>>> {
    let [source] = sources else { return None };
    let plain =
        base.base.is_none() && base.diff_base.is_none() && filters.active().next().is_none();
    let folded = crate::files::Form::of(source) == crate::files::Form::Folded;
    (plain && !folded && Path::new(source).is_file()).then(|| fs::read(source))
}

impl<'a> Summed<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, profile::DecodeError> {
        let mut reader = Reader::new(bytes, MAX_INFLATED)?;
        drop(reader.prune());
        Ok(Self(reader))
    }

    /// All rows, and what the samples add up to, signs left out.
    pub(crate) fn rows(&self, index: usize) -> Result<(Vec<top::Row>, i64), profile::DecodeError> {
        let (mut total, mut based) = (0_i64, 0_i64);
        let (rows, plain) = top::read(&self.0, index)?;
        if rows.iter().all(|row| row.flat >= 0) && plain >= 0 {
            return Ok((rows, plain));
        }
        self.0.for_each(|sample| {
            let amount = sample.value(index).saturating_abs();
            total = total.saturating_add(amount);
            if sample.is_base() {
                based = based.saturating_add(amount);
            }
        })?;
        Ok((rows, if based == 0 { total } else { based }))
    }

    /// The marks of rows that are shown.
    pub(crate) fn inlined(
        &self,
        index: usize,
        rows: &[&top::Row],
        least: u64,
    ) -> Result<Vec<inlined::Inlined>, profile::DecodeError> {
        inlined::read(&self.0, index, rows, least)
    }
}

/// The index of a sample type by its name or number.
pub(crate) fn index(profile: &Profile, wanted: Option<&str>) -> anyhow::Result<usize> {
    profile
        .sample_index(wanted.unwrap_or_default())
        .map_err(|error| BadUse(sanitize(&error.to_string()).into_owned()).into())
}

fn merge(sources: &[String], filters: &Filters, options: &Options) -> anyhow::Result<Profile> {
    let mut profiles = Vec::new();
    for source in sources {
        if Path::new(source).is_file() {
            profiles.push(read_profile(source)?);
        } else {
            profiles.extend(fetch(source, filters, options)?);
        }
    }
    if profiles.len() == 1 {
        return Ok(profiles.remove(0));
    }
    let all: Vec<&Profile> = profiles.iter().collect();
    Profile::merge(&all).context("the profiles cannot be added up")
}

/// The profiles of the targets that a source names: replicas are added up.
fn fetch(source: &str, filters: &Filters, options: &Options) -> anyhow::Result<Vec<Profile>> {
    let (items, bad) = clusters::parse_list(source);
    if let Some(bad) = bad.first() {
        bail!(BadUse(format!(
            "no file of this name, and no target: {bad}"
        )));
    }
    if items.is_empty() {
        let source = sanitize(source);
        bail!(BadUse(format!("{source}: no file and no target")));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let seconds = match (filters.kind, filters.seconds) {
        (ProfileKind::Cpu, seconds) => Some(seconds.unwrap_or(5)),
        (_, seconds) => seconds,
    };
    let all = runtime.block_on(async {
        let mut captures = tokio::task::JoinSet::new();
        let targets = resolve(&items, options).await;
        for (at, target) in targets.into_iter().flatten().enumerate() {
            let (kind, options) = (filters.kind, options.clone());
            captures.spawn(async move {
                let fetched = fetch_profile(&target, kind, seconds, options).await;
                (at, fetched.map_err(|cause| (target.url(), cause)))
            });
        }
        captures.join_all().await
    });
    runtime.shutdown_background();
    let mut fetched = all;
    fetched.sort_by_key(|(at, _)| *at);
    let profiles = fetched
        .into_iter()
        .map(|(_, fetched)| fetched.map_err(|(url, cause)| anyhow!("{url}: {cause}")));
    profiles.collect()
}

fn compile(filters: &Filters) -> anyhow::Result<Option<Filter>> {
    let mut filter = None;
    for (name, pattern) in filters.active() {
        let before = filter.unwrap_or_default();
        let with = match name {
            "focus" => Filter::focus,
            "ignore" => Filter::ignore,
            "hide" => Filter::hide,
            "show" => Filter::show,
            "show_from" => Filter::show_from,
            "tagfocus" => Filter::tag_focus,
            _ => Filter::tag_ignore,
        };
        let refused = |error: profile::Error| BadUse(sanitize(&error.to_string()).into_owned());
        filter = Some(with(before, pattern).map_err(refused)?);
    }
    Ok(filter)
}

/// The filters that are set, as `go tool pprof` lists them.
fn active(filters: &Filters) -> Vec<String> {
    let set = filters.active();
    set.map(|(name, pattern)| format!("{name}={pattern}"))
        .collect()
}
