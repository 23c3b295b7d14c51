//! The `cpu` controller's files.

use std::path::Path;
use std::time::Duration;

use super::{Cgroup, Place, Version, limited};
use crate::Quota;
use crate::file::{self, parse, quoted};
use crate::problem::{Problem, Problems};
use crate::usage::Counts;

const MICROSECONDS: &str = "a number of microseconds";

/// The cgroup with the CPU quota of each level.
pub(crate) fn quotas(place: Place, problems: &mut Problems) -> Cgroup<Quota> {
    limited(place, problems, |version, dir, problems| {
        let rate = match version {
            Version::V1 => v1(dir),
            Version::V2 => v2(dir),
        };
        let Some((quota, period)) = rate? else {
            return Ok(None);
        };
        let burst = match version {
            Version::V1 => "cpu.cfs_burst_us",
            Version::V2 => "cpu.max.burst",
        };
        // Kernels before 5.14 have no burst.
        let burst = problems.note(file::number(&dir.join(burst), MICROSECONDS));
        let burst = Duration::from_micros(burst.unwrap_or(0));
        Ok(Some(Quota {
            quota,
            period,
            burst,
        }))
    })
}

/// Quota and period; nothing if there is no limit. The root cgroup has no such file, nor has one whose controller is not
/// enabled.
fn v2(dir: &Path) -> Result<Option<(Duration, Duration)>, Problem> {
    let path = dir.join("cpu.max");
    let Some(text) = file::read(&path)? else {
        return Ok(None);
    };
    parse_max(text.trim()).map_err(|fault| Problem::malformed(&path, fault))
}

fn parse_max(text: &str) -> Result<Option<(Duration, Duration)>, String> {
    let (quota, period) = text
        .split_once(' ')
        .ok_or_else(|| format!("{} is not a quota and a period", quoted(text)))?;
    if quota == "max" {
        return Ok(None);
    }
    Ok(Some((
        positive(quota, "quota")?,
        positive(period, "period")?,
    )))
}

fn v1(dir: &Path) -> Result<Option<(Duration, Duration)>, Problem> {
    let path = dir.join("cpu.cfs_quota_us");
    let Some(quota) = file::read(&path)? else {
        return Ok(None);
    };
    if quota.trim() == "-1" {
        return Ok(None);
    }
    let quota =
        positive(quota.trim(), "quota").map_err(|fault| Problem::malformed(&path, fault))?;
    let path = dir.join("cpu.cfs_period_us");
    let period = file::read(&path)?
        .ok_or_else(|| Problem::malformed(&path, "there is a quota and no such file"))?;
    let period =
        positive(period.trim(), "period").map_err(|fault| Problem::malformed(&path, fault))?;
    Ok(Some((quota, period)))
}

/// A number of microseconds above zero.
fn positive(text: &str, what: &str) -> Result<Duration, String> {
    match parse(text, MICROSECONDS)? {
        0 => Err(format!("a {what} of 0 makes no sense")),
        micros => Ok(Duration::from_micros(micros)),
    }
}

/// What `cpu.stat` counts, or nothing if there is no such file or it does not count periods, as in v2 where the
/// controller is not enabled.
pub(crate) fn throttling(version: Version, dir: &Path) -> Result<Option<Counts>, Problem> {
    let path = dir.join("cpu.stat");
    let Some(text) = file::read(&path)? else {
        return Ok(None);
    };
    let number = |name: &str| {
        let value = file::value(&text, name);
        let number = value.map(|value| parse(value, "a number")).transpose();
        number.map_err(|fault| Problem::malformed(&path, format!("{name}: {fault}")))
    };
    let time = |v1: &str, v2: &str| {
        Ok(match version {
            Version::V1 => number(v1)?.map(Duration::from_nanos),
            Version::V2 => number(v2)?.map(Duration::from_micros),
        }
        .unwrap_or_default())
    };
    let Some(periods) = number("nr_periods")? else {
        return Ok(None);
    };
    Ok(Some(Counts {
        periods,
        throttled_periods: number("nr_throttled")?.unwrap_or(0),
        throttled: time("throttled_time", "throttled_usec")?,
        bursts: number("nr_bursts")?.unwrap_or(0),
        burst: time("burst_time", "burst_usec")?,
    }))
}
