//! The client's errors as causes. No secret gets into them: neither what a kubeconfig holds nor what a program answers
//! that knows passwords.

use std::error::Error as StdError;
use std::io;

use cutaway_model::{Cause, first_lines};
use kube::client::AuthError;
use kube::core::Status;
use kube::{Error, config};
use tokio_rustls::rustls;

/// How much of a message is shown, in characters.
const SHOWN: usize = 300;

/// Why a request to the API server failed.
pub(super) fn of(error: &Error, server: &str) -> Cause {
    match error {
        Error::Api(status) => of_status(status, server),
        Error::Auth(error) => of_auth(error),
        Error::UpgradeConnection(error) => Cause::NotHttp(format!(
            "the API server {server} does not forward ports: {}",
            short(&error.to_string())
        )),
        Error::SerdeError(_) | Error::FromUtf8(_) => Cause::NotHttp(format!(
            "{server} does not speak as a Kubernetes API server"
        )),
        Error::InferKubeconfig(error) => of_config(error),
        Error::RustlsTls(error) => Cause::Tls(short(&error.to_string())),
        other => of_chain(other, server),
    }
}

/// What the API server says.
fn of_status(status: &Status, server: &str) -> Cause {
    let message = short(&status.message);
    match status.code {
        401 => {
            let words = "the API server does not believe the token or certificate (401)";
            Cause::Unauthenticated(words.to_owned())
        }
        403 => Cause::Forbidden(message),
        404 => Cause::NotFound(message),
        // Not as an HTTP error, or it would be taken for one of the pod's.
        code => unreachable(server, &format!("HTTP {code}: {message}")),
    }
}

/// What came of asking a program, or a file, who to be.
fn of_auth(error: &AuthError) -> Cause {
    Cause::Unauthenticated(match error {
        // What it printed may be a token, and its arguments and environment may hold a password.
        AuthError::AuthExecRun { out, .. } => {
            let told = first_lines(&out.stderr, SHOWN);
            let end = out.status.code().map_or_else(
                || "was ended by a signal".to_owned(),
                |code| format!("failed with {code}"),
            );
            let colon = if told.is_empty() { "" } else { ": " };
            format!("the program that knows the token {end}{colon}{told}")
        }
        AuthError::AuthExecStart(error) => {
            format!(
                "the program that knows the token cannot be run: {}",
                error.kind()
            )
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            "the program that knows the token does not answer as it should".to_owned()
        }
        AuthError::ReadTokenFile(error, file) => {
            format!(
                "the token file {}: {}",
                short(&file.display().to_string()),
                error.kind()
            )
        }
        other => short(&other.to_string()),
    })
}

fn of_config(error: &config::KubeconfigError) -> Cause {
    match error {
        config::KubeconfigError::Parse(_) => {
            Cause::Config("this is not the YAML of a kubeconfig".into())
        }
        other => Cause::Config(short(&other.to_string())),
    }
}

/// What lies at the bottom: the network's error, or that of TLS.
fn of_chain(error: &Error, server: &str) -> Cause {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(error) = next {
        if let Some(auth) = error.downcast_ref::<AuthError>() {
            return of_auth(auth);
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Cause::Tls(format!(
                "the API server {server}: {}",
                short(&tls.to_string())
            ));
        }
        let io = error.downcast_ref::<io::Error>();
        if let Some(inner) = io.and_then(io::Error::get_ref) {
            // Its `source` is that of the error within.
            last = inner.to_string();
            next = Some(inner);
            continue;
        }
        if let Some(io) = io {
            return unreachable(server, &io.kind().to_string());
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>()
            && (hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed())
        {
            return unreachable(server, "connection closed");
        }
        last = error.to_string();
        next = error.source();
    }
    unreachable(server, &last)
}

fn unreachable(server: &str, why: &str) -> Cause {
    Cause::Unreachable(format!("the API server {server}: {}", short(why)))
}

fn short(text: &str) -> String {
    first_lines(text.as_bytes(), SHOWN)
}
