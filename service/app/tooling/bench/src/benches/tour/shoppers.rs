//! The load tool, as `make run` starts it.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use crate::context::Context;

/// Shoppers who do not stop until this is dropped.
pub(super) struct Shoppers(Child);

impl Shoppers {
    /// So many visits a second. They run where this thread does: off the service's core.
    pub(super) fn start(context: &Context, api: SocketAddr, rate: u32) -> anyhow::Result<Shoppers> {
        let child = Command::new(context.program("sales-load", "sales-load")?)
            .arg(format!("--target=http://{api}"))
            .arg(format!("--rate={rate}"))
            .args(["--duration=forever", "--progress=0s"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.map(Shoppers).context("sales-load")
    }
}

impl Drop for Shoppers {
    fn drop(&mut self) {
        // An error means that they have gone already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
