//! One cluster: kubeconfig into a client, and a new client when the old one is not believed any more.

use std::path::PathBuf;
use std::time::Duration;

use cutaway_model::{Cause, sanitize};
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::cause;

/// How old a client must be to be replaced: many connections are refused at once when a token expires.
const RENEW: Duration = Duration::from_secs(2);

/// How long a program that knows the token may take.
const LOG_IN: Duration = Duration::from_secs(30);

/// A cluster, by the context of a kubeconfig.
#[derive(Debug)]
pub(super) struct Cluster {
    files: Vec<PathBuf>,
    context: Option<String>,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    built: Option<Built>,
    /// One being made. Whoever waited for it may have given up: a program that takes its time is not run a second time
    /// beside itself.
    making: Option<JoinHandle<Result<Built, Cause>>>,
}

/// A client in use.
#[derive(Clone)]
pub(super) struct Built {
    pub(super) client: Client,
    /// The API server's address.
    pub(super) server: String,
    at: Instant,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Built")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    pub(super) fn new(files: Vec<PathBuf>, context: Option<&str>) -> Self {
        Self {
            files,
            context: context.map(str::to_owned),
            clients: Mutex::default(),
        }
    }

    /// The context that was named.
    pub(super) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// A client: the one at hand, or one from the files as they are now.
    pub(super) async fn client(&self) -> Result<Built, Cause> {
        let mut clients = self.clients.lock().await;
        let built = clients.built.as_ref();
        if let Some(built) = built.filter(|built| !has_expired(&built.client)) {
            return Ok(built.clone());
        }
        let making = clients.making.get_or_insert_with(|| {
            let (files, context) = (self.files.clone(), self.context.clone());
            let handle = tokio::runtime::Handle::current();
            // Files are read there, and programs run that know passwords.
            tokio::task::spawn_blocking(move || handle.block_on(build(&files, context)))
        });
        let made = timeout(LOG_IN, making).await.map_err(|_| {
            let words = "the program that knows the token does not answer; log in first";
            Cause::Unauthenticated(words.to_owned())
        })?;
        clients.making = None;
        let made = made.map_err(|_| failed("it cannot be read"))??;
        clients.built = Some(made.clone());
        Ok(made)
    }

    /// Notes how a request failed: who was not believed is somebody new next time.
    pub(super) async fn note(&self, used: &Built, cause: &Cause) {
        let stale = matches!(cause, Cause::Unauthenticated(_) | Cause::Tls(_));
        if !stale || used.at.elapsed() < RENEW {
            return;
        }
        let mut clients = self.clients.lock().await;
        let built = clients.built.as_ref();
        if built.is_some_and(|built| built.at == used.at) {
            clients.built = None;
        }
    }

    /// The cause of an error.
    pub(super) async fn cause(&self, used: &Built, error: &kube::Error) -> Cause {
        let cause = cause::of(error, &used.server);
        self.note(used, &cause).await;
        cause
    }
}

/// Whether the client's certificate is one that a program lent for a time that is over.
fn has_expired(client: &Client) -> bool {
    let until = client.valid_until().as_ref();
    until.is_some_and(|until| *until <= k8s_openapi::jiff::Timestamp::now())
}

async fn build(files: &[PathBuf], context: Option<String>) -> Result<Built, Cause> {
    let mut config = match read(files)? {
        Some(kubeconfig) => by_file(kubeconfig, context).await?,
        None if context.is_some() => return Err(nothing_there(files)),
        None => Config::incluster().map_err(|_| nothing_there(files))?,
    };
    // Retries are ours: a cause is to be seen at once.
    config.default_retry = false;
    if let Some(exec) = &mut config.auth_info.exec {
        // The terminal is not its.
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    let server = config.cluster_url.to_string();
    let server = server.trim_end_matches('/').to_owned();
    let client = Client::try_from(config).map_err(|error| cause::of(&error, &server))?;
    Ok(Built {
        client,
        server,
        at: Instant::now(),
    })
}

/// The files that are there, as one; none if there is none.
fn read(files: &[PathBuf]) -> Result<Option<Kubeconfig>, Cause> {
    let mut whole: Option<Kubeconfig> = None;
    for file in files.iter().filter(|file| file.exists()) {
        let shown = file.display();
        let read = Kubeconfig::read_from(file).map_err(|error| match error {
            KubeconfigError::ReadConfig(error, _) => failed(&format!("{shown}: {error}")),
            // The parser shows what it stumbled over, which may be a secret: where that is must do.
            KubeconfigError::Parse(error) => {
                let place = error
                    .location()
                    .map(|place| format!(", line {}", place.line()));
                let place = place.unwrap_or_default();
                failed(&format!(
                    "{shown}{place}: this is not the YAML of a kubeconfig"
                ))
            }
            error => failed(&format!("{shown}: {error}")),
        })?;
        let merged = whole.map_or(Ok(read.clone()), |before| before.merge(read.clone()));
        whole = Some(merged.map_err(|error| failed(&format!("{shown}: {error}")))?);
    }
    Ok(whole)
}

async fn by_file(kubeconfig: Kubeconfig, context: Option<String>) -> Result<Config, Cause> {
    let known: Vec<&str> = kubeconfig
        .contexts
        .iter()
        .map(|of| of.name.as_str())
        .collect();
    let known = match known.len() {
        0 => "there is none".to_owned(),
        _ => format!("there are {}", known.join(", ")),
    };
    let options = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    config.map_err(|error| match error {
        KubeconfigError::CurrentContextNotSet => {
            failed(&format!("it has no current context; {known}"))
        }
        KubeconfigError::LoadContext(name) => failed(&format!("no context {name}; {known}")),
        KubeconfigError::LoadClusterOfContext(name) => failed(&format!(
            "its context names a cluster {name} that it has not"
        )),
        error => failed(&error.to_string()),
    })
}

fn nothing_there(files: &[PathBuf]) -> Cause {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let names = match names.len() {
        0 => "no file is named".to_owned(),
        _ => format!("{} is not there", names.join(", ")),
    };
    failed(&format!("{names}, and this is no pod; set KUBECONFIG"))
}

fn failed(why: &str) -> Cause {
    Cause::Config(sanitize(why).into_owned())
}
