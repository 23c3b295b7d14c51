//! One connection, from its first byte to its last.

use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::{Service, ServiceExt};

use crate::socket::{Answer, Socket};
use crate::traffic::Cut;
use crate::watch::Watch;
use crate::{Limits, Peer};

/// A connection that has been accepted.
pub(crate) struct Connection<S> {
    pub(crate) http: http1::Builder,
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) service: S,
    pub(crate) limits: Arc<Limits>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// It came in when the server was about to stop: its first header is awaited as if it had begun.
    pub(crate) is_late: bool,
}

impl<S, B> Connection<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Serves it until its client leaves or is too slow, or the server stops.
    pub(crate) async fn serve(mut self) {
        // Answers are written whole; waiting for more would only delay them. On error the client is gone already.
        let _best_effort = self.stream.set_nodelay(true);
        limit_unsent(&self.stream);
        let watch = Watch::new();
        if self.is_late {
            watch.read();
        }
        let socket = Socket {
            stream: self.stream,
            watch: watch.clone(),
        };
        let requests = watch.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let underway = requests.begin();
            request.extensions_mut().insert(Peer(self.peer));
            let answer = self.service.clone().oneshot(request);
            async move {
                let answer = answer.await?;
                Ok::<_, S::Error>(answer.map(|body| Answer::new(body, underway)))
            }
        });
        // ANCHOR: ended
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(socket), service));
        let mut too_slow = pin!(watch.too_slow(&self.limits));
        let ended = tokio::select! {
            ended = &mut connection => Ok(ended),
            why = &mut too_slow => Err(why),
            () = told_to_stop(&mut self.stopping) => {
                // hyper would close a connection in the middle of its second header.
                let header = header_complete(connection.as_mut(), &watch);
                match tokio::time::timeout(self.limits.last_header, header).await {
                    Ok(Some(ended)) => Ok(ended),
                    Ok(None) => {
                        connection.as_mut().graceful_shutdown();
                        tokio::select! {
                            ended = &mut connection => Ok(ended),
                            why = &mut too_slow => Err(why),
                        }
                    }
                    Err(_) => Err(Cut::Header),
                }
            }
        };
        // ANCHOR_END: ended
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "connection ended early"),
            Err(why) => {
                self.limits.traffic.count_cut(why, 1);
                tracing::debug!(peer = %self.peer, why = why.word(), "connection cut off");
            }
        }
    }
}

/// What a client does not read stays here, not in the system's buffers, which grow to megabytes and are emptied in large
/// steps: nobody could tell whether the client reads at all.
fn limit_unsent(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _best_effort = socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

/// Bytes that wait in the system to be sent; more than that only once the client's side has room for them.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// Ends when the server stops, or is dropped.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _stop_or_gone = stopping.wait_for(|stop| *stop).await;
}

/// Drives the connection until no header is arriving: at once if none has begun. Its end, if it comes first.
async fn header_complete<C: Future>(
    mut connection: Pin<&mut C>,
    watch: &Watch,
) -> Option<C::Output> {
    poll_fn(|cx| {
        if watch.is_header_arriving()
            && let Poll::Ready(ended) = connection.as_mut().poll(cx)
        {
            return Poll::Ready(Some(ended));
        }
        if watch.is_header_arriving() {
            Poll::Pending
        } else {
            Poll::Ready(None)
        }
    })
    .await
}
