//! As much of the shell's language as pages use: to see which programs a line starts, not to run it.

/// One program that a line starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The variables that are set for it, `NAME=value` each.
    pub variables: Vec<String>,
    /// The program and its arguments, without quotes.
    pub words: Vec<String>,
}

/// The programs that `line` starts: what `&&`, `|` or `;` separate, without redirections and comments.
pub fn commands(line: &str) -> Result<Vec<Command>, String> {
    let mut found = vec![Command::default()];
    let mut letters = line.chars().peekable();
    let mut redirected = false;
    while let Some(letter) = letters.peek().copied() {
        match letter {
            ' ' | '\t' => drop(letters.next()),
            '#' => break,
            '&' | '|' | ';' => {
                letters.next();
                if letters.peek() == Some(&letter) {
                    letters.next();
                } else if letter == '&' && letters.peek().is_none() {
                    break;
                }
                found.push(Command::default());
            }
            '>' => {
                letters.next();
                redirected = true;
            }
            _ => {
                let word = word(&mut letters)?;
                let command = found.last_mut().ok_or("no command")?;
                if std::mem::take(&mut redirected) {
                    continue;
                }
                if command.words.is_empty() && sets_variable(&word) {
                    command.variables.push(word);
                } else {
                    command.words.push(word);
                }
            }
        }
    }
    if found.iter().any(|command| command.words.is_empty()) {
        return Err("a command without a program".to_owned());
    }
    Ok(found)
}

fn sets_variable(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || letter == '_')
    })
}

fn word(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut word = String::new();
    let mut quote = None;
    while let Some(letter) = letters.peek().copied() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ' | '\t' | '&' | '|' | ';' | '>') => break,
            _ => word.push(letter),
        }
        letters.next();
    }
    match quote {
        Some(open) => Err(format!("the quote {open} is not closed")),
        None => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<Vec<String>> {
        let found = commands(line).expect("a sound line");
        found.into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn words_are_those_that_a_shell_sees() {
        assert_eq!(
            split("A=b make service ARGS='--chaos \"POST /v1\"' # slow"),
            [["make", "service", "ARGS=--chaos \"POST /v1\""]]
        );
        assert_eq!(
            split("cargo a > b.svg && go c|d"),
            [vec!["cargo", "a"], vec!["go", "c"], vec!["d"]]
        );
        assert_eq!(split("curl a &"), [["curl", "a"]]);
        let set = commands("SLOW_AUTH=true make x").expect("a sound line");
        assert_eq!(set[0].variables, ["SLOW_AUTH=true"]);
    }

    #[test]
    fn what_no_shell_takes_is_refused() {
        assert!(commands("make 'x").is_err());
        assert!(commands("make x &&").is_err());
    }
}
