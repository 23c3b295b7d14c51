//! The command line and the config file together: what is not on the line comes from the file.

use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::BadUse;
use crate::args::{self, Watch};
use crate::config::Config;
use crate::vars::Var;

/// Fills in what the command line leaves open.
pub(crate) fn merge(
    watch: &mut Watch,
    matches: &ArgMatches,
    config: &Config,
) -> anyhow::Result<()> {
    let open = |name| {
        !matches!(
            matches.value_source(name),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        )
    };
    let nothing_named = watch.targets.is_empty() && watch.ports.is_empty() && !watch.itself;
    if let Some(targets) = config.targets.as_ref().filter(|_| nothing_named) {
        watch.targets.clone_from(targets);
    }
    if let Some(interval) = config.interval.as_ref().filter(|_| open("interval")) {
        watch.interval = duration("interval", interval)?;
    }
    if let Some(history) = config.history.as_ref().filter(|_| open("history")) {
        watch.history = duration("history", history)?;
    }
    if let (Some(timeout), None) = (&config.timeout, watch.timeout) {
        watch.timeout = Some(duration("timeout", timeout)?);
    }
    if let Some(endpoint) = config.endpoint.as_ref().filter(|_| open("endpoint")) {
        watch.endpoint = args::endpoint(endpoint).map_err(|why| bad("endpoint", &why))?;
    }
    if let Some(limit) = config
        .record_limit
        .as_ref()
        .filter(|_| open("record_limit"))
    {
        watch.record_limit = args::size(limit).map_err(|why| bad("record_limit", &why))?;
    }
    if let (Some(limit), None) = (&config.max_profile, watch.max_profile) {
        let limit = args::size(limit).map_err(|why| bad("max_profile", &why))?;
        watch.max_profile = Some(limit);
    }
    if let Some(vars) = config.vars.as_ref().filter(|_| watch.vars.is_empty()) {
        let vars = vars.iter().map(|var| Var::parse(var));
        watch.vars = vars
            .collect::<Result<_, _>>()
            .map_err(|why| bad("vars", &why))?;
    }
    if watch.filter.is_none() {
        watch.filter.clone_from(&config.filter);
    }
    watch.theme = watch.theme.or(config.theme());
    watch.mouse |= config.mouse == Some(true);
    Ok(())
}

fn duration(key: &str, text: &str) -> anyhow::Result<Duration> {
    args::interval(text).map_err(|why| bad(key, &why))
}

fn bad(key: &str, why: &str) -> anyhow::Error {
    BadUse(format!("config: {key}: {why}")).into()
}
