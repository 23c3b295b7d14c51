//! Callers and callees as `go tool pprof -peek` prints them, letter for letter.

use std::cmp::Reverse;
use std::io::Write;

use anyhow::Context as _;
use cutaway_model::sanitize;
use profile::graph::{Call, Graph, Node};

use super::listing::Listing;
use super::text::head;
use crate::BadUse;
use crate::measure::{Unit, percentage};

const RULE: &str = "----------------------------------------------------------+-------------";

/// Prints the functions that match, those first that took most, with all that they called where `cum` says so. The listing
/// has to have all functions.
pub(crate) fn print(
    listing: &Listing,
    pattern: &str,
    cum: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let graph = Graph::new(&listing.profile, listing.index);
    let mut nodes = graph
        .peek(pattern)
        .map_err(|error| BadUse(sanitize(&error.to_string()).into_owned()))?;
    if nodes.is_empty() {
        return Err(super::nothing_matches("--peek", pattern));
    }
    if cum {
        nodes.sort_by_key(|node| Reverse(node.cum.unsigned_abs()));
    }
    let print = || {
        let unit = head(listing, out)?;
        writeln!(out, "{RULE}")?;
        let titles = "      flat  flat%   sum%        cum   cum%   calls calls% + context";
        writeln!(out, "{titles} \t \t ")?;
        let mut sum = 0_i64;
        for node in nodes {
            sum = sum.saturating_add(node.flat);
            writeln!(out, "{RULE}")?;
            calls(&graph, &unit, node, &node.callers, out)?;
            let [flat, cum] = [node.flat, node.cum].map(|value| unit.write(value));
            let [flat_share, sum_share, cum_share] =
                [node.flat, sum, node.cum].map(|value| percentage(value, listing.total));
            let name = sanitize(&node.name);
            writeln!(
                out,
                "{flat:>10} {flat_share} {sum_share} {cum:>10} {cum_share}                | {name}"
            )?;
            calls(&graph, &unit, node, &node.callees, out)?;
        }
        writeln!(out, "{RULE}")
    };
    print().context("cannot print")
}

fn calls(
    graph: &Graph,
    unit: &Unit,
    node: &Node,
    calls: &[Call],
    out: &mut impl Write,
) -> std::io::Result<()> {
    for call in calls {
        let other = &graph.nodes[call.node as usize];
        let mark = if call.inlined { " (inline)" } else { "" };
        writeln!(
            out,
            "{:>50} {} |   {}{mark}",
            unit.write(call.value),
            percentage(call.value, node.cum),
            sanitize(&other.name)
        )?;
    }
    Ok(())
}
