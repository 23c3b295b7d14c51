//! Opening a listener.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the system completes before they are accepted. More than std's 128: a burst of connections that
/// does not fit is dropped and tried again by the clients a second later.
const BACKLOG: i32 = 1024;

/// Opens a listener on an address that the user set with `flag` (such as `--api`); port 0 takes a free one.
///
/// The listener is non-blocking: ready for `tokio::net::TcpListener::from_std`. No runtime is needed here.
///
/// # Errors
/// The address cannot be listened on; the message says why and names the flag.
pub fn bind(addr: SocketAddr, flag: &str) -> Result<TcpListener, BindError> {
    open(addr).map_err(|cause| BindError::new(addr, flag, cause))
}

fn open(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // A port may be taken again while old connections on it fade away; two listeners on it stay impossible.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("address in use: {addr} is taken; choose another with {flag} ADDR")]
    InUse {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: String,
    },
    /// This user may not listen there; ports below 1024 are often reserved.
    #[error(
        "permission denied: this user may not listen on {addr}; choose another with {flag} ADDR"
    )]
    Denied {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: String,
    },
    /// The address belongs to no interface of this machine.
    #[error(
        "no such address: {addr} is not an address of this machine; choose another with {flag} ADDR"
    )]
    NotLocal {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: String,
    },
    /// Anything else the system says.
    #[error("cannot listen on {addr} (set with {flag} ADDR)")]
    Other {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: String,
        /// What the system says.
        source: io::Error,
    },
}

impl BindError {
    fn new(addr: SocketAddr, flag: &str, cause: io::Error) -> Self {
        let flag = flag.to_owned();
        match cause.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { addr, flag },
            io::ErrorKind::PermissionDenied => Self::Denied { addr, flag },
            io::ErrorKind::AddrNotAvailable => Self::NotLocal { addr, flag },
            _ => Self::Other {
                addr,
                flag,
                source: cause,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("a valid address")
    }

    #[test]
    fn a_taken_port_is_named_with_its_flag() {
        let first = bind(addr("127.0.0.1:0"), "--book").expect("port 0 is free");
        let taken = first.local_addr().expect("a bound listener has an address");
        let error = bind(taken, "--book").expect_err("the port is taken");
        assert_eq!(
            error.to_string(),
            format!("address in use: {taken} is taken; choose another with --book ADDR")
        );
    }

    #[test]
    fn a_foreign_address_is_refused() {
        // 192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it.
        let error = bind(addr("192.0.2.1:0"), "--api").expect_err("not ours");
        assert!(matches!(error, BindError::NotLocal { .. }), "{error}");
        assert!(error.to_string().contains("--api"), "{error}");
    }

    #[test]
    fn causes_are_told_apart() {
        for (kind, start) in [
            (
                io::ErrorKind::PermissionDenied,
                "permission denied: this user may not listen on [::1]:80;",
            ),
            (
                io::ErrorKind::AddrInUse,
                "address in use: [::1]:80 is taken;",
            ),
            (
                io::ErrorKind::Unsupported,
                "cannot listen on [::1]:80 (set with --debug ADDR)",
            ),
        ] {
            let error = BindError::new(addr("[::1]:80"), "--debug", kind.into());
            assert!(error.to_string().starts_with(start), "{error}");
            assert!(error.to_string().contains("--debug ADDR"), "{error}");
        }
    }

    #[test]
    fn a_port_is_free_again_at_once() {
        let first = bind(addr("127.0.0.1:0"), "--api").expect("port 0 is free");
        let addr = first.local_addr().expect("a bound listener has an address");
        // A connection that was open at the end leaves the port in TIME_WAIT.
        let client = std::net::TcpStream::connect(addr).expect("it listens");
        first.set_nonblocking(false).expect("a listener can block");
        drop(first.accept().expect("a client came"));
        drop(first);
        drop(client);
        bind(addr, "--api").expect("free again");
    }
}
