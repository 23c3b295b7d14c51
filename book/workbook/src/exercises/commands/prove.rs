//! `workbook prove`.

use super::terminal::{Terminal, say};
use crate::exercises::prove;
use anyhow::{Result, bail};
use std::process::ExitCode;

impl Terminal {
    pub(super) async fn prove(&self) -> Result<ExitCode> {
        let workspace = &self.desk.workspace;
        let faults = prove::prove(workspace, &workspace.state().join("exercises"), say).await?;
        if faults.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        bail!(
            "{} of the exercises are not as they should be:\n{}",
            faults.len(),
            faults.join("\n")
        );
    }
}
