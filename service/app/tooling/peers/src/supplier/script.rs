//! What happens to requests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is answered with the price.
    Ok,
    /// It is, after so long.
    Latency(Duration),
    /// It is answered with an error.
    Error(StatusCode),
    /// It is answered with 503, and so many seconds in `Retry-After`.
    Busy(u64),
    /// Its answer's header comes at once, and the price byte by byte, over so long.
    Drip(Duration),
    /// It is never answered.
    Hang,
    /// Its connection is reset.
    Reset,
    /// It is answered with something that is no JSON.
    Garbage,
    /// It is answered with the price of another product.
    Wrong,
    /// It is answered with more than anybody can read.
    Endless,
}

/// What happens to one request after the other: `ok*5,error=500*3,latency=300ms`, each step for one request or, with `*N`,
/// for N. All goes well after its end; `repeat` there begins it again, which makes a supplier that flaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    steps: Vec<(Step, u64)>,
    repeat: bool,
}

impl Script {
    /// What happens to the request with this number, counted from 0; `None` after the end.
    pub(super) fn step(&self, mut number: u64) -> Option<&Step> {
        if self.repeat {
            number %= self.length();
        }
        for (step, times) in &self.steps {
            match number.checked_sub(*times) {
                None => return Some(step),
                Some(left) => number = left,
            }
        }
        None
    }

    /// How many requests are left once so many were made; `None` if it never ends.
    pub(super) fn left(&self, made: u64) -> Option<u64> {
        (!self.repeat).then(|| self.length().saturating_sub(made))
    }

    fn length(&self) -> u64 {
        let times = self.steps.iter().map(|(_, times)| *times);
        times.fold(0, u64::saturating_add)
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Script, String> {
        let text = text.trim();
        let (text, repeat) = match text.strip_suffix(",repeat") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let steps = text.split(',').map(|part| {
            let part = part.trim();
            let (step, times) = match part.split_once('*') {
                None => (part, 1),
                Some((step, times)) => {
                    let times = times.parse().ok().filter(|times| *times > 0);
                    let times: u64 =
                        times.ok_or_else(|| format!("{part:?}: * must come with a number"))?;
                    (step, times)
                }
            };
            Ok((step.parse()?, times))
        });
        let steps = steps.collect::<Result<_, String>>()?;
        Ok(Script { steps, repeat })
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Step, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let wrong = |must: &str| format!("{text:?}: {name} must come with {must}");
        Ok(match (name, value) {
            ("ok", "") => Step::Ok,
            ("hang", "") => Step::Hang,
            ("reset", "") => Step::Reset,
            ("garbage", "") => Step::Garbage,
            ("wrong", "") => Step::Wrong,
            ("endless", "") => Step::Endless,
            ("latency", time) => humantime::parse_duration(time)
                .map(Step::Latency)
                .map_err(|_| wrong("a time, as in latency=300ms"))?,
            ("error", status) => status
                .parse()
                .ok()
                .filter(|status: &StatusCode| status.as_u16() >= 400)
                .map(Step::Error)
                .ok_or_else(|| wrong("a status from 400, as in error=500"))?,
            ("drip", time) => humantime::parse_duration(time)
                .map(Step::Drip)
                .map_err(|_| wrong("a time, as in drip=5s"))?,
            ("busy", seconds) => seconds
                .parse()
                .map(Step::Busy)
                .map_err(|_| wrong("seconds, as in busy=1"))?,
            _ => return Err(format!("{text:?} is no step of a script")),
        })
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (step, times)) in self.steps.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{step}")?;
            if *times > 1 {
                write!(f, "*{times}")?;
            }
        }
        if self.repeat {
            f.write_str(",repeat")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Ok => f.write_str("ok"),
            Step::Latency(time) => write!(f, "latency={}", humantime::format_duration(*time)),
            Step::Error(status) => write!(f, "error={}", status.as_u16()),
            Step::Busy(seconds) => write!(f, "busy={seconds}"),
            Step::Drip(time) => write!(f, "drip={}", humantime::format_duration(*time)),
            Step::Hang => f.write_str("hang"),
            Step::Reset => f.write_str("reset"),
            Step::Garbage => f.write_str("garbage"),
            Step::Wrong => f.write_str("wrong"),
            Step::Endless => f.write_str("endless"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_shown_and_followed() {
        let text = "ok*2,latency=300ms,error=500*3,busy=1,drip=5s,hang,reset,garbage,wrong,endless";
        let script: Script = format!("{text}\n").parse().expect("a script");
        assert_eq!(script.to_string(), text);
        assert_eq!((script.left(0), script.left(99)), (Some(13), Some(0)));
        assert_eq!(script.step(1), Some(&Step::Ok));
        let error = Step::Error(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(script.step(5), Some(&error));
        assert_eq!(script.step(12), Some(&Step::Endless));
        assert_eq!(script.step(13), None);
    }

    #[test]
    fn a_supplier_that_flaps_begins_again() {
        let script: Script = "ok*2,reset,repeat".parse().expect("a script");
        assert_eq!(script.to_string(), "ok*2,reset,repeat");
        assert_eq!(script.left(7), None);
        let resets = (0..9).filter(|number| script.step(*number) == Some(&Step::Reset));
        assert_eq!(resets.collect::<Vec<_>>(), [2, 5, 8]);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, cause) in [
            ("", "no step"),
            ("repeat", "no step"),
            ("fine", "\"fine\" is no step"),
            ("ok*", "a number"),
            ("ok*0", "a number"),
            ("error=200", "a status from 400"),
            ("latency", "a time"),
            ("drip=slow", "a time"),
            ("busy=soon", "seconds"),
            ("hang=1s", "no step"),
        ] {
            let error = text.parse::<Script>().expect_err("no sense");
            assert!(error.contains(cause), "{text}: {error}");
        }
    }
}
