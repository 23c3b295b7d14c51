//! The ports that the course uses unless told otherwise.

use super::Finding;
use super::machine::Machine;
use std::io;

/// Each with who uses it, and what moves it.
const PORTS: [(u16, &str, &str); 6] = [
    (3000, "the book", "--book ADDR"),
    (3030, "a room's door", "--listen ADDR"),
    (3031, "a room's board", "--board ADDR"),
    (4000, "the service's debug listener", "--debug ADDR"),
    (4100, "a lab's debug listener", "--debug ADDR"),
    (8080, "the sales service", "--api ADDR"),
];

/// One finding for each that is not free, or one that all are.
pub(super) fn all(machine: &dyn Machine) -> Vec<Finding> {
    let taken = PORTS.iter().filter_map(|(port, what, option)| {
        let error = machine.listen(*port).err()?;
        let name = format!("port {port}");
        let found = match (error.kind(), machine.holder(*port)) {
            (io::ErrorKind::AddrInUse, Some(holder)) => format!("{holder} listens on it"),
            (io::ErrorKind::AddrInUse, None) => "somebody listens on it".to_owned(),
            _ => error.to_string(),
        };
        let found = format!("{found}; {what} uses it");
        let todo = format!(
            "if that is not the course itself: end it, or choose another port with {option}"
        );
        Some(Finding::warning(&name, found, todo))
    });
    let mut findings: Vec<Finding> = taken.collect();
    if findings.is_empty() {
        let ports = PORTS.map(|(port, _, _)| port.to_string()).join(", ");
        findings.push(Finding::ok("ports", format!("{ports} are free")));
    }
    findings
}

/// The inode of the socket that listens on `port`, from a table like `/proc/net/tcp`.
pub(super) fn inode(table: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let local = words.get(1)?.rsplit_once(':')?.1;
        let here = u16::from_str_radix(local, 16) == Ok(port) && *words.get(3)? == LISTEN;
        here.then(|| words.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_that_listens_is_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:0BB8 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 11 1\n   \
                     1: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1\n   2: x\n";
        assert_eq!(inode(table, 3000), Some(12));
        assert_eq!(inode(table, 3001), None);
    }
}
