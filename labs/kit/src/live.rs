//! What the console sees of a lab that runs: variables, and the listener that shows them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use anyhow::Context as _;
use expvar::{Counter, Gauge, Map, Registry};
use lifecycle::Shutdown;
use sync::{Event, Observer, Operation};
use tokio::runtime::Handle;

use crate::Lab;
use crate::command::Order;

/// The variables of a lab, what feeds them, and the debug listener that shows them, if there is one.
pub(crate) struct Live {
    registry: Registry,
    running: Option<debug::Running>,
    channels: Arc<Channels>,
    /// Keeps the variables of channels moving.
    hook: Option<sync::Guard>,
}

impl Live {
    /// Binds the address and publishes the standard variables, the lab's own and those of every channel.
    pub(crate) fn start(
        lab: &Lab,
        order: &Order,
        addr: SocketAddr,
        runtime: &Handle,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let listener = listen::bind(addr, "--debug")?;
        // Where the heap cannot be sampled, its profile says why.
        let _sampled = debug::Sampling::default().start();
        let registry = Registry::new();
        debug::publish_standard(&registry, standard(lab, runtime))?;
        publish_lab(&registry, lab, order)?;
        let channels = Channels::of(&registry)?;
        let hook = sync::observe(channels.clone());
        let config = debug::Config::new(registry.clone());
        let running = debug::start(listener, config, shutdown.triggered())
            .context("starting the debug listener")?;
        Ok(Self {
            registry,
            running: Some(running),
            channels,
            hook: Some(hook),
        })
    }

    /// The same variables without the process's own and without a listener, for samples. Those of channels move only
    /// while a story feeds them, see [`feed`](Self::feed).
    pub(crate) fn quiet(lab: &Lab, order: &Order) -> anyhow::Result<Self> {
        let registry = Registry::new();
        publish_lab(&registry, lab, order)?;
        registry.func("tasks", || sync::alive_count().into())?;
        let channels = Channels::of(&registry)?;
        Ok(Self {
            registry,
            running: None,
            channels,
            hook: None,
        })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> Option<SocketAddr> {
        self.running.as_ref().map(debug::Running::addr)
    }

    /// What feeds the variables of channels, where nothing feeds them all the time.
    pub(crate) fn feed(&self) -> Option<Arc<dyn Observer>> {
        match &self.hook {
            Some(_) => None,
            None => Some(self.channels.clone()),
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}

fn standard(lab: &Lab, runtime: &Handle) -> debug::Standard {
    let build = debug::Build {
        name: lab.name,
        version: lab.version,
        ..debug::build!()
    };
    debug::Standard::new(build)
        .runtime(runtime.clone())
        .tasks(sync::alive_count)
}

fn publish_lab(registry: &Registry, lab: &Lab, order: &Order) -> Result<(), expvar::Error> {
    let variables = registry.map("lab")?;
    variables.text("name")?.set(lab.info.name.clone());
    variables.text("title")?.set(lab.info.title.clone());
    variables.text("command")?.set(order.again.clone());
    let knobs = variables.map("knobs")?;
    for (name, value) in &order.knobs {
        knobs.gauge(name)?.set(*value);
    }
    Ok(())
}

/// Turns events into the variables `channels.<name>.…`.
struct Channels {
    root: Map,
    known: RwLock<BTreeMap<u64, Variables>>,
}

/// A lab that makes channels without end must not make this grow without end.
const MOST_KNOWN: usize = 256;

#[derive(Clone)]
struct Variables {
    depth: Gauge,
    received: Counter,
    send_waits: Counter,
    receive_waits: Counter,
    senders_waiting: Gauge,
    receivers_waiting: Gauge,
}

impl Observer for Channels {
    fn event(&self, _at: Instant, event: &Event<'_>) {
        match event {
            Event::ResourceCreated {
                resource,
                name,
                capacity,
                ..
            } => {
                self.add(resource.get(), name, *capacity);
            }
            Event::WaitStarted {
                resource,
                operation,
                ..
            } => {
                self.change(resource.get(), |variables| variables.wait(*operation));
            }
            Event::WaitEnded {
                resource,
                operation,
                ..
            } => {
                self.change(resource.get(), |variables| variables.go_on(*operation));
            }
            Event::Transferred { resource, .. } => {
                self.change(resource.get(), |variables| variables.received.inc());
            }
            Event::Depth { resource, len } => {
                let len = i64::try_from(*len).unwrap_or(i64::MAX);
                self.change(resource.get(), |variables| variables.depth.set(len));
            }
            _ => {}
        }
    }
}

impl Channels {
    fn of(registry: &Registry) -> Result<Arc<Self>, expvar::Error> {
        Ok(Arc::new(Self {
            root: registry.map("channels")?,
            known: RwLock::default(),
        }))
    }

    fn add(&self, resource: u64, name: &str, capacity: Option<usize>) {
        // A name that is taken by something else is not worth stopping a lab for.
        let Ok(variables) = Variables::new(&self.root, name, capacity) else {
            return;
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(resource, variables);
        if known.len() > MOST_KNOWN {
            known.pop_first();
        }
    }

    fn change(&self, resource: u64, change: impl FnOnce(&Variables)) {
        if let Some(variables) = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&resource)
        {
            change(variables);
        }
    }
}

impl Variables {
    fn new(root: &Map, name: &str, capacity: Option<usize>) -> Result<Self, expvar::Error> {
        let map = root.map(name)?;
        map.gauge("capacity")?.set(
            capacity
                .and_then(|capacity| i64::try_from(capacity).ok())
                .unwrap_or(-1),
        );
        let variables = Self {
            depth: map.gauge("depth")?,
            received: map.counter("received")?,
            send_waits: map.counter("send_waits")?,
            receive_waits: map.counter("receive_waits")?,
            senders_waiting: map.gauge("senders_waiting")?,
            receivers_waiting: map.gauge("receivers_waiting")?,
        };
        // A new channel of an old name begins empty.
        for gauge in [
            &variables.depth,
            &variables.senders_waiting,
            &variables.receivers_waiting,
        ] {
            gauge.set(0);
        }
        Ok(variables)
    }

    fn wait(&self, operation: Operation) {
        if operation == Operation::Send {
            self.send_waits.inc();
            self.senders_waiting.inc();
        } else {
            self.receive_waits.inc();
            self.receivers_waiting.inc();
        }
    }

    fn go_on(&self, operation: Operation) {
        if operation == Operation::Send {
            self.senders_waiting.dec();
        } else {
            self.receivers_waiting.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channels_variables_follow_it() -> Result<(), expvar::Error> {
        let registry = Registry::new();
        let _hook = sync::observe(Channels::of(&registry)?);
        // The name is this test's own, because the hook hears every channel of the process.
        let (sender, receiver) = sync::channel("parcels", 1);
        sender.send(1).await.expect("there is a receiver");
        let waiting = sync::spawn("producer", async move { sender.send(2).await });
        assert_eq!(receiver.recv().await, Some(1));
        assert_eq!(receiver.recv().await, Some(2));
        waiting
            .await
            .expect("does not panic")
            .expect("there is a receiver");

        let parcels = registry.map("channels")?.map("parcels")?;
        assert_eq!(parcels.counter("received")?.value(), 2);
        assert_eq!(parcels.gauge("capacity")?.value(), 1);
        assert_eq!(parcels.gauge("depth")?.value(), 0);
        assert_eq!(parcels.gauge("senders_waiting")?.value(), 0);
        assert_eq!(parcels.gauge("receivers_waiting")?.value(), 0);
        Ok(())
    }
}
