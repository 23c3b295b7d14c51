//! What a pipeline has besides its limits.

use std::fmt;
use std::str::FromStr;

/// Parts that can be left out to measure what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) watching: web::Parts,
    /// Whether the policy is asked who may do what.
    pub(crate) auth: bool,
}

impl Parts {
    /// As the service is.
    pub(crate) const ALL: Parts = Parts {
        watching: web::Parts {
            ids: true,
            traces: true,
            log: true,
            metrics: true,
        },
        auth: true,
    };
    /// Timeouts, limits and the capture of panics are left, which nothing here switches off.
    pub(crate) const NONE: Parts = Parts {
        watching: web::Parts {
            ids: false,
            traces: false,
            log: false,
            metrics: false,
        },
        auth: false,
    };
    /// The words for them.
    pub(crate) const WORDS: [&str; 5] = ["ids", "traces", "log", "metrics", "auth"];

    /// All but the one with this word.
    pub(crate) fn without(word: &str) -> Parts {
        let mut parts = Parts::ALL;
        if let Some(part) = parts.part(word) {
            *part = false;
        }
        parts
    }

    fn part(&mut self, word: &str) -> Option<&mut bool> {
        Some(match word {
            "ids" => &mut self.watching.ids,
            "traces" => &mut self.watching.traces,
            "log" => &mut self.watching.log,
            "metrics" => &mut self.watching.metrics,
            "auth" => &mut self.auth,
            _ => return None,
        })
    }
}

impl FromStr for Parts {
    type Err = String;

    fn from_str(text: &str) -> Result<Parts, String> {
        if text == "all" {
            return Ok(Parts::ALL);
        }
        let mut parts = Parts::NONE;
        for word in text.split(',').filter(|word| *word != "none") {
            let part = parts.part(word);
            *part.ok_or_else(|| format!("{word:?} is none of {}", Parts::WORDS.join(", ")))? = true;
        }
        Ok(parts)
    }
}

/// As [`FromStr`] reads it.
impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut own = *self;
        let there = |word: &&str| own.part(word).is_some_and(|part| *part);
        let words: Vec<&str> = Parts::WORDS.into_iter().filter(there).collect();
        if words.is_empty() {
            return f.write_str("none");
        }
        f.write_str(&words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_they_are_shown() {
        for parts in [Parts::ALL, Parts::NONE, Parts::without("log")] {
            assert_eq!(parts.to_string().parse(), Ok(parts));
        }
        assert_eq!(Parts::without("log").to_string(), "ids,traces,metrics,auth");
        assert_eq!("all".parse(), Ok(Parts::ALL));
        assert!("speed".parse::<Parts>().is_err());
    }
}
