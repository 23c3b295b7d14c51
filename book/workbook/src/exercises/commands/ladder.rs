//! `workbook hint` and `workbook solution`.

use super::terminal::{Terminal, say};
use crate::exercises::show;
use anyhow::{Result, bail};
use std::process::ExitCode;

impl Terminal {
    pub(super) fn hint(&self, name: &str) -> Result<ExitCode> {
        let exercise = self.desk.catalogue.find(name)?;
        let before = self.desk.store.read()?;
        let before = before
            .exercises
            .get(&exercise.name)
            .map_or(0, |state| state.hints);
        let taken = self.desk.take_hints(exercise, before + 1)?;
        say(&show::hints(exercise, taken as usize, self.style));
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn solution(&self, name: &str, anyway: bool) -> Result<ExitCode> {
        let exercise = self.desk.catalogue.find(name)?;
        if !anyway && !self.desk.store.read()?.passed(&exercise.name) {
            bail!(
                "{name} is not passed yet. A hint may be enough: cargo workbook hint {name}. To see the solution all the same: \
                 cargo workbook solution {name} --anyway"
            );
        }
        let (own, solution) = self.desk.solution(exercise)?;
        say(&show::solution(
            exercise,
            own.as_deref(),
            &solution,
            self.style,
        ));
        Ok(ExitCode::SUCCESS)
    }
}
