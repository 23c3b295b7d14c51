//! Runs the commands of all pages, page by page.

use crate::check::installed;
use crate::compare::differ;
use crate::network::Network;
use crate::program::{Program, Terminal, is_up};
use crate::rules::{How, Rule, Rules, Until, without_comment};
use crate::sandbox::Sandbox;
use regex::Regex;
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;
use workbook::doctor::machine::{Machine, System};
use workbook::printed::{self, Page, Place, Printed, Session};
use workbook::workspace::Workspace;

/// What became of the commands.
#[derive(Debug, Default)]
pub(crate) struct Told {
    ran: usize,
    compared: usize,
    again: usize,
    checked: usize,
    skipped: Vec<String>,
    /// What does not do what its page says.
    pub(crate) wrong: Vec<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for skipped in &self.skipped {
            writeln!(f, "SKIPPED {skipped}")?;
        }
        for wrong in &self.wrong {
            writeln!(f, "WRONG {wrong}")?;
        }
        write!(
            f,
            "{} commands ran, {} of them compared with what their page shows; {} stand on several pages and ran once; \
             of {} only what they name was checked; {} skipped, {} wrong",
            self.ran,
            self.compared,
            self.again,
            self.checked,
            self.skipped.len(),
            self.wrong.len()
        )
    }
}

/// Why a command was not run, or what was wrong with it.
enum Not {
    Again,
    Checked,
    Skipped(String),
    Wrong(String),
}

impl From<String> for Not {
    fn from(why: String) -> Not {
        Not::Wrong(why)
    }
}

/// Runs all commands of `pages`: those of blocks and widgets first, then what else the text names.
pub(crate) fn all(workspace: &Workspace, rules: &Rules, pages: &[Page], network: Network) -> Told {
    let addresses = rules.addresses();
    let addresses = addresses.filter(|at| network == Network::Own || of_this_machine(at));
    let taken: BTreeSet<String> = addresses.filter_map(taken).collect();
    if !taken.is_empty() {
        let wrong = taken.into_iter().collect();
        return Told {
            wrong,
            ..Told::default()
        };
    }
    let sandbox = Sandbox::new(workspace);
    let mut runner = Runner {
        sandbox: &sandbox,
        rules,
        network,
        page: PathBuf::new(),
        up: Vec::new(),
        heard: String::new(),
        known: BTreeSet::new(),
        told: Told::default(),
    };
    for in_text in [false, true] {
        for page in pages {
            runner.page.clone_from(&page.file);
            let sessions = page.sessions.iter();
            for session in sessions.filter(|session| (session.place == Place::Text) == in_text) {
                runner.session(page, session);
            }
            runner.end(|_| true);
        }
    }
    let mut told = runner.told;
    for line in sandbox.left() {
        told.wrong.push(format!("it is left running: {line}"));
    }
    told
}

fn of_this_machine(address: &str) -> bool {
    let address: Result<SocketAddr, _> = address.parse();
    address.is_ok_and(|address| address.ip().is_loopback())
}

/// Who listens at `address`, if anybody does.
fn taken(address: &str) -> Option<String> {
    is_up(address).then(|| {
        let port = address.parse().map(|address: SocketAddr| address.port());
        let holder = port.ok().and_then(|port| System.holder(port));
        let holder = holder.unwrap_or_else(|| "somebody".to_owned());
        format!("{address} is taken, and pages print it: {holder} listens there")
    })
}

/// A command that stays.
struct Up {
    what: Stays,
    place: String,
    rule: Rule,
}

enum Stays {
    Program(Program),
    Terminal(Terminal),
}

struct Runner<'a> {
    sandbox: &'a Sandbox,
    rules: &'a Rules,
    network: Network,
    /// The page that is read.
    page: PathBuf,
    up: Vec<Up>,
    /// What the commands of the session have printed.
    heard: String,
    /// What has run to its end, or stands for others.
    known: BTreeSet<String>,
    told: Told,
}

impl Runner<'_> {
    fn session(&mut self, page: &Page, session: &Session) {
        self.heard.clear();
        let from_the_start = session
            .commands
            .iter()
            .any(|command| command.text.starts_with("git clone"));
        let mut folder = if from_the_start {
            self.sandbox.empty()
        } else {
            self.sandbox.clone()
        };
        for command in &session.commands {
            let place = format!("{}:{}: {}", page.file.display(), command.line, command.text);
            let begun = Instant::now();
            match self.command(
                &self.rules.filled_in(&command.text),
                command,
                session.place,
                &mut folder,
                &place,
            ) {
                Ok(()) => {
                    self.told.ran += 1;
                    self.told.compared += usize::from(command.shown.is_some());
                    println!("{:5.1} s  {place}", begun.elapsed().as_secs_f64());
                }
                Err(Not::Again) => self.told.again += 1,
                Err(Not::Checked) => self.told.checked += 1,
                Err(Not::Skipped(why)) => self.told.skipped.push(format!("{place}: {why}")),
                Err(Not::Wrong(why)) => {
                    println!("WRONG    {place}: {why}");
                    self.told.wrong.push(format!("{place}: {why}"));
                }
            }
        }
        self.end(|up| up.rule.until == Until::Block);
    }

    fn command(
        &mut self,
        text: &str,
        printed: &Printed,
        place: Place,
        folder: &mut PathBuf,
        named: &str,
    ) -> Result<(), Not> {
        if let Some(into) = text.strip_prefix("cd ") {
            folder.push(into);
            let there = folder.is_dir();
            return there
                .then_some(())
                .ok_or_else(|| format!("there is no folder {into}").into());
        }
        let text = without_comment(text);
        let rule = self
            .rules
            .of(&self.page, text)
            .map(|index| &self.rules.commands[index]);
        let key = rule.filter(|rule| rule.once).map_or(text, |rule| &rule.is);
        let compares = printed.shown.is_some();
        let alone =
            rule.is_none_or(|rule| rule.once || (rule.how == How::Ends && rule.needs.is_empty()));
        if self.known.contains(key) && !compares && (alone || place == Place::Text) {
            return Err(Not::Again);
        }
        let key = key.to_owned();
        let rule = rule.cloned().unwrap_or_default();
        if rule.how == How::Checked {
            return Err(Not::Checked);
        }
        self.can(text)?;
        self.supply(&rule, folder)?;
        let text = &self.found(text)?;
        let result = match rule.how {
            How::Ends => self.run_to_its_end(text, printed, &rule, folder),
            How::DryRun => self.dry_run(text, folder),
            How::Stays => self.stay(text, rule, folder, named),
            How::Terminal => self.terminal(text, rule, folder, named),
            How::Checked => Ok(()),
        };
        self.known.insert(key);
        result
    }

    /// Whether the programs that do not belong to this workspace are installed.
    fn can(&self, text: &str) -> Result<(), Not> {
        for command in printed::commands(text)? {
            let name = &command.words[0];
            if !installed(name, &self.sandbox.path) {
                return Err(Not::Skipped(format!("{name} is not installed")));
            }
        }
        Ok(())
    }

    /// Starts what a command needs.
    fn supply(&mut self, rule: &Rule, folder: &Path) -> Result<(), Not> {
        for need in &rule.needs {
            let text = self.rules.filled_in(need);
            let rule = self
                .rules
                .of(&self.page, &text)
                .map(|index| &self.rules.commands[index]);
            let address = rule.and_then(|rule| rule.answers.as_deref());
            let there = match address {
                Some(address) => self.is_started(address),
                None => self.known.contains(&text),
            };
            if !there {
                let named = format!("needed: {need}");
                let printed = Printed {
                    line: 0,
                    text: need.clone(),
                    shown: None,
                };
                self.command(
                    &text,
                    &printed,
                    Place::Block,
                    &mut folder.to_path_buf(),
                    &named,
                )?;
            }
        }
        Ok(())
    }

    /// Whether something listens there: without a network of its own nobody is asked who lives on another machine.
    fn is_started(&self, address: &str) -> bool {
        (self.network == Network::Own || of_this_machine(address)) && is_up(address)
    }

    /// `text` with what only a run can say.
    fn found(&self, text: &str) -> Result<String, Not> {
        let text = text.replace("{clone}", &self.sandbox.clone().display().to_string());
        let Some((before, rest)) = text.split_once("{said: ") else {
            return Ok(text);
        };
        let (pattern, after) = rest
            .split_once('}')
            .ok_or_else(|| "{said: is not closed".to_owned())?;
        let pattern = Regex::new(pattern).map_err(|error| error.to_string())?;
        let said = self.up.iter().filter_map(|up| match &up.what {
            Stays::Program(program) => Some(program.printed()),
            Stays::Terminal(_) => None,
        });
        let said: String = said.chain([self.heard.clone()]).collect();
        let found = pattern
            .captures(&said)
            .ok_or_else(|| format!("nobody has said {pattern}:\n{said}"))?;
        Ok(format!("{before}{}{after}", &found[1]))
    }

    fn run_to_its_end(
        &mut self,
        text: &str,
        printed: &Printed,
        rule: &Rule,
        folder: &Path,
    ) -> Result<(), Not> {
        let mut program = Program::start(self.sandbox, folder, text);
        let code = program.ended();
        let said = program.printed();
        self.heard.push_str(&said);
        let code = code.map_err(|why| format!("{why}:\n{said}"))?;
        if !rule.codes.contains(&code) {
            return Err(Not::Wrong(format!("it ended with {code}:\n{said}")));
        }
        if let Some(text) = rule.shows.as_ref().filter(|text| !said.contains(*text)) {
            return Err(Not::Wrong(format!("it does not say {text:?}:\n{said}")));
        }
        match printed
            .shown
            .as_ref()
            .and_then(|shown| differ(shown, &said))
        {
            Some(difference) => Err(Not::Wrong(difference)),
            None => Ok(()),
        }
    }

    fn dry_run(&self, text: &str, folder: &Path) -> Result<(), Not> {
        let mut program = Program::start(
            self.sandbox,
            folder,
            &text.replacen("make ", "make --dry-run ", 1),
        );
        match program.ended()? {
            0 => Ok(()),
            _ => Err(Not::Wrong(program.printed())),
        }
    }

    fn stay(&mut self, text: &str, rule: Rule, folder: &Path, named: &str) -> Result<(), Not> {
        let address = rule.answers.clone().expect("what stays answers");
        self.end(|up| up.rule.answers.as_ref() == Some(&address));
        if self.network == Network::Shared && !of_this_machine(&address) {
            let why = format!("{address} needs a network of its own");
            return Err(Not::Skipped(why));
        }
        if let Some(why) = taken(&address) {
            return Err(Not::Wrong(why));
        }
        let mut program = Program::start(self.sandbox, folder, text);
        if let Err(why) = program.answers(&address) {
            let _ = program.interrupt();
            return Err(Not::Wrong(why));
        }
        let place = named.to_owned();
        self.up.push(Up {
            what: Stays::Program(program),
            place,
            rule,
        });
        Ok(())
    }

    fn terminal(&mut self, text: &str, rule: Rule, folder: &Path, named: &str) -> Result<(), Not> {
        let mut terminal = Terminal::start(self.sandbox, folder, text);
        let shown = rule
            .shows
            .as_ref()
            .map_or(Ok(()), |text| terminal.shows(text));
        if shown.is_ok() && rule.until == Until::Page {
            let place = named.to_owned();
            self.up.push(Up {
                what: Stays::Terminal(terminal),
                place,
                rule,
            });
            return Ok(());
        }
        let code = terminal.press(&rule.keys);
        shown?;
        let code = code?;
        if rule.codes.contains(&code) {
            Ok(())
        } else {
            Err(Not::Wrong(format!("it ended with {code}")))
        }
    }

    /// Ends what is up and chosen, the last first.
    fn end(&mut self, chosen: impl Fn(&Up) -> bool) {
        let (ending, staying) = std::mem::take(&mut self.up).into_iter().partition(chosen);
        self.up = staying;
        let ending: Vec<Up> = ending;
        for mut up in ending.into_iter().rev() {
            let code = match &mut up.what {
                Stays::Program(program) => program.interrupt(),
                Stays::Terminal(terminal) => terminal.press(&up.rule.keys),
            };
            let why = match code {
                Ok(code) if up.rule.codes.contains(&code) => continue,
                Ok(code) => format!("told to end, it ended with {code}"),
                Err(why) => why,
            };
            self.told.wrong.push(format!("{}: {why}", up.place));
        }
    }
}
