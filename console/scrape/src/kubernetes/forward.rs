//! Streams to a port of a pod: the API server's port forwarding over WebSocket.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use cutaway_model::{Cause, first_lines};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::cluster::Cluster;
use super::pod::State;
use crate::connect::{Connect, Stream};

/// How much of a message is shown, in characters.
const SHOWN: usize = 200;

/// The way to one port of one pod.
pub(super) struct Way {
    cluster: Arc<Cluster>,
    namespace: String,
    name: String,
    /// Why there is none, if what the pod says of it makes no sense.
    port: Result<u16, Cause>,
    known: Mutex<Known>,
}

/// What is known of the pod beside the connections.
#[derive(Debug)]
struct Known {
    state: State,
    terminating: bool,
}

impl Way {
    pub(super) fn new(
        cluster: Arc<Cluster>,
        (namespace, name): (&str, &str),
        port: Result<u16, Cause>,
    ) -> Self {
        Self {
            cluster,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            port,
            known: Mutex::new(Known {
                state: State::Starting(String::new()),
                terminating: false,
            }),
        }
    }

    /// Takes in what the API server says of the pod.
    pub(super) fn set(&self, state: State, terminating: bool) {
        self.with(|known| (known.state, known.terminating) = (state, terminating));
    }

    /// Notes that the pod was deleted.
    pub(super) fn end(&self, why: &str) {
        self.with(|known| known.state = State::Ended(why.to_owned()));
    }

    fn with<T>(&self, f: impl FnOnce(&mut Known) -> T) -> T {
        f(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn open(&self) -> Result<Box<dyn Stream>, Cause> {
        match self.with(|known| known.state.clone()) {
            State::Running { .. } => {}
            State::Starting(why) => return Err(Cause::Starting(why)),
            State::NotRunning(why) => return Err(Cause::NotRunning(why)),
            State::Ended(why) => return Err(Cause::Gone(why)),
        }
        let port = self.port.clone()?;
        let built = self.cluster.client().await?;
        let pods: Api<Pod> = Api::namespaced(built.client.clone(), &self.namespace);
        let mut forwarder = match pods.portforward(&self.name, &[port]).await {
            Ok(forwarder) => forwarder,
            Err(kube::Error::Api(status)) if status.code == 404 => {
                return Err(Cause::Gone("the pod was deleted".to_owned()));
            }
            Err(error) => return Err(self.cluster.cause(&built, &error).await),
        };
        let (Some(inner), Some(error)) = (forwarder.take_stream(port), forwarder.take_error(port))
        else {
            return Err(Cause::Closed);
        };
        Ok(Box::new(Forwarded {
            inner,
            error: Some(error.boxed()),
            forwarder,
        }))
    }
}

impl Connect for Way {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, Cause>> {
        self.open().boxed()
    }

    /// What lies behind a broken connection, the API server knows better.
    fn explain(&self, cause: Cause) -> Cause {
        let of_connection = matches!(
            cause,
            Cause::Refused
                | Cause::Closed
                | Cause::TimedOut { .. }
                | Cause::Unreachable(_)
                | Cause::NotRunning(_)
        );
        if !of_connection {
            return cause;
        }
        self.with(|known| match &known.state {
            State::Ended(why) => Cause::Gone(why.clone()),
            _ if known.terminating => Cause::Gone("the pod is being deleted".to_owned()),
            State::Starting(why) => Cause::Starting(why.clone()),
            State::NotRunning(why) | State::Running { without: Some(why) } => {
                Cause::NotRunning(why.clone())
            }
            State::Running { without: None } => cause,
        })
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({}/{})", self.namespace, self.name)
    }
}

/// A stream that tells why it failed. Dropping it closes the connection to the API server.
struct Forwarded {
    inner: DuplexStream,
    /// What the node says when it cannot forward.
    error: Option<BoxFuture<'static, Option<String>>>,
    forwarder: Portforwarder,
}

impl Forwarded {
    /// Whether the node said why it cannot forward.
    fn told(&mut self, context: &mut Context<'_>) -> Option<io::Error> {
        match self.error.as_mut()?.poll_unpin(context) {
            Poll::Pending => None,
            Poll::Ready(told) => {
                self.error = None;
                told.map(|text| io::Error::other(of_node(&text)))
            }
        }
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

impl AsyncRead for Forwarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if matches!(read, Poll::Ready(Ok(()))) && buffer.filled().len() > before {
            return read;
        }
        // At the end, or while nothing comes: the node may have something to say.
        match self.told(context) {
            Some(error) => Poll::Ready(Err(error)),
            None => read,
        }
    }
}

impl AsyncWrite for Forwarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// What a node says when it cannot forward. The words are those of its container runtime, and differ between them; of
/// a port on which nothing listens all have the system's.
fn of_node(text: &str) -> Cause {
    if text.to_ascii_lowercase().contains("connection refused") {
        return Cause::Refused;
    }
    Cause::Unreachable(first_lines(text.as_bytes(), SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_is_told_from_other_trouble() {
        let refused = [
            // containerd 1.4 with socat, CRI-O, containerd 1.7.
            "error forwarding port 4001 to pod 8c1, uid : exit status 1: 2021/03/04 10:11:12 socat[71] E connect(5, AF=2 127.0.0.1:4001, 16): Connection refused\n",
            "error forwarding port 4001 to pod 8c1, uid : port forward into network namespace \"/var/run/netns/f3\": failed to connect to localhost:4001 inside namespace 8c1: dial tcp 127.0.0.1:4001: connect: connection refused",
            "error forwarding port 4001 to pod 8c1, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-4f\": failed to connect to localhost:4001 inside namespace \"8c1\", IPv4: dial tcp4 127.0.0.1:4001: connect: connection refused IPv6 dial tcp6 [::1]:4001: connect: connection refused ",
        ];
        for text in refused {
            assert_eq!(of_node(text), Cause::Refused, "{text}");
        }
        let other = "error forwarding port 4000 to pod 8c1, uid : network namespace for sandbox \"8c1\" is closed";
        assert_eq!(of_node(other), Cause::Unreachable(other.to_owned()));
    }
}
