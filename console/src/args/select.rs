//! Which profiles, and what of them.

use clap::Args;
use cutaway_model::ProfileKind;

/// Which profiles, and what of them.
#[derive(Debug, Args)]
pub(crate) struct Select {
    /// Profiles (`cpu.pb.gz`, folded stacks), URLs of some, or targets; several are added up.
    #[arg(value_name = "FILE|URL|TARGET", required = true)]
    pub(crate) sources: Vec<String>,

    #[command(flatten)]
    pub(crate) filters: Filters,
}

/// What is looked at of a profile; expressions and meanings are those of `go tool pprof`.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Which of the profile's values to show [default: the one the profile says, else its last].
    #[arg(long, aliases = ["sample_type", "sample_index", "sample-index"], value_name = "TYPE")]
    pub(crate) sample_type: Option<String>,

    /// Only samples with a function that matches.
    #[arg(long, value_name = "REGEX")]
    pub(crate) focus: Option<String>,

    /// No samples with a function that matches.
    #[arg(long, value_name = "REGEX")]
    pub(crate) ignore: Option<String>,

    /// Leave functions that match out of the stacks.
    #[arg(long, value_name = "REGEX")]
    pub(crate) hide: Option<String>,

    /// Leave functions that do not match out of the stacks.
    #[arg(long, value_name = "REGEX")]
    pub(crate) show: Option<String>,

    /// Begin stacks at the first function that matches.
    #[arg(long, alias = "show_from", value_name = "REGEX")]
    pub(crate) show_from: Option<String>,

    /// Only samples with a label that matches: `key=regex`, `regex`, or a range of numbers (`bytes=1kb:1mb`).
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagfocus: Option<String>,

    /// No samples with a label that matches.
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagignore: Option<String>,

    /// Of a target: which profile.
    #[arg(long, value_name = "KIND", default_value = "cpu", value_parser = kind)]
    pub(crate) kind: ProfileKind,

    /// Of a target: how long to look, in seconds; for other profiles than the CPU's, what they gain in that time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: Option<u32>,
}

impl Filters {
    /// The filters that are set, in the order of `go tool pprof`.
    pub(crate) fn active(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tagfocus),
            ("tagignore", &self.tagignore),
        ];
        let set = all.into_iter();
        set.map(|(name, pattern)| (name, pattern.as_deref().unwrap_or_default()))
            .filter(|(_, pattern)| !pattern.is_empty())
    }

    /// The sample type asked for, if one was.
    pub(crate) fn sample_type(&self) -> Option<&str> {
        self.sample_type.as_deref().filter(|name| !name.is_empty())
    }
}

fn kind(text: &str) -> Result<ProfileKind, String> {
    let known = || {
        let names = ProfileKind::ALL.map(name);
        format!("is none of {}", names.join(", "))
    };
    ProfileKind::ALL
        .into_iter()
        .find(|kind| name(*kind) == text || kind.endpoint() == text)
        .ok_or_else(known)
}

fn name(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Cpu => "cpu",
        kind => kind.endpoint(),
    }
}
