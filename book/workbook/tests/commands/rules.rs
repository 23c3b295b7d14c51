//! `book/commands.toml`: how commands are run that do not simply run to their end.

use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use workbook::workspace::Workspace;

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rules {
    /// What a reader replaces, and by what the test does.
    replace: BTreeMap<String, String>,
    /// In the order in which they are tried.
    #[serde(rename = "command")]
    pub(crate) commands: Vec<Rule>,
}

/// How some commands are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rule {
    /// The commands; `*` is anything.
    pub(crate) is: String,
    /// The page that the rule is for, if not for all.
    on: Option<String>,
    /// How they are run.
    #[serde(default)]
    pub(crate) how: How,
    /// Why they are not simply run.
    pub(crate) why: Option<String>,
    /// Where one that stays answers.
    pub(crate) answers: Option<String>,
    /// What one in a terminal shows, and another says in the end.
    pub(crate) shows: Option<String>,
    /// What is typed to end one in a terminal.
    #[serde(default)]
    pub(crate) keys: String,
    /// With which codes it may end.
    #[serde(default = "success")]
    pub(crate) codes: Vec<i32>,
    /// What is started before, unless it is up.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// Until when it stays.
    #[serde(default)]
    pub(crate) until: Until,
    /// Whether one of them stands for the others.
    #[serde(default)]
    pub(crate) once: bool,
}

/// How a command is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// To its end.
    #[default]
    Ends,
    /// Until the block or the page ends: then with Ctrl-C.
    Stays,
    /// In a terminal, until its keys are pressed.
    Terminal,
    /// By make, which says what it would do.
    DryRun,
    /// Not: what it names is checked.
    Checked,
}

/// Until when a command stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Until {
    /// The end of its block.
    #[default]
    Block,
    /// The end of its page.
    Page,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule {
            is: "*".to_owned(),
            on: None,
            how: How::Ends,
            why: None,
            answers: None,
            shows: None,
            keys: String::new(),
            codes: success(),
            needs: Vec::new(),
            until: Until::Block,
            once: false,
        }
    }
}

fn success() -> Vec<i32> {
    vec![0]
}

impl Rules {
    pub(crate) fn read(workspace: &Workspace) -> Rules {
        let file = workspace.book().join("commands.toml");
        let text = std::fs::read_to_string(file).expect("book/commands.toml");
        let rules: Rules = toml::from_str(&text).expect("sound rules");
        for rule in &rules.commands {
            let Rule { is, how, .. } = rule;
            assert_eq!(
                matches!(how, How::DryRun | How::Checked),
                rule.why.is_some(),
                "{is:?}: `why` belongs to what is not run, and only to that"
            );
            assert!(
                match how {
                    How::Stays => rule.answers.is_some(),
                    How::Terminal => rule.answers.is_none() || rule.until == Until::Page,
                    _ => rule.answers.is_none(),
                },
                "{is:?}: `answers` belongs to what stays"
            );
            assert!(
                *how != How::Terminal || rule.shows.is_some(),
                "{is:?}: what does it show?"
            );
        }
        rules
    }

    /// The rule for the command `text` of the page `file`: the first that fits.
    pub(crate) fn of(&self, file: &Path, text: &str) -> Option<usize> {
        let text = without_comment(text);
        self.commands.iter().position(|rule| {
            if rule.on.as_ref().is_some_and(|page| Path::new(page) != file) {
                return false;
            }
            let parts: Vec<String> = rule.is.split('*').map(regex::escape).collect();
            let pattern = format!("^{}$", parts.join(".*"));
            Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(text))
        })
    }

    /// Where those that stay answer.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        let rules = self.commands.iter();
        rules.filter_map(|rule| rule.answers.as_deref())
    }

    /// The command with what a reader replaces replaced.
    pub(crate) fn filled_in(&self, text: &str) -> String {
        let replace =
            |text: String, (placeholder, by): (&String, &String)| text.replace(placeholder, by);
        self.replace.iter().fold(text.to_owned(), replace)
    }
}

/// A command without the comment behind it.
pub(crate) fn without_comment(text: &str) -> &str {
    text.split_once(" # ")
        .map_or(text, |(command, _)| command)
        .trim()
}
