//! A PostgreSQL server for the tests of one program, in a directory of its own. It ends, and its
//! directory goes, when the program ends, however that is: a shell waits for the end of a pipe whose
//! other end only the program holds.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// `$1` is where the server's programs are, `$2` the directory. Nothing is synced: a power cut is
/// not what is tested here.
const KEEPER: &str = r#"
    set -eu
    trap : INT
    cd "$2"
    "$1/initdb" -D data -U sales -A trust -E UTF8 --locale C --no-sync >log 2>&1 || { cat log; exit 1; }
    "$1/postgres" -D data -c listen_addresses= -c unix_socket_directories="$2" -c fsync=off \
        -c max_connections=300 >>log 2>&1 </dev/null &
    server=$!
    until "$1/pg_isready" -q -h "$2"; do
        kill -0 "$server" || { cat log; exit 1; }
        sleep 0.1
    done
    echo ready
    while read -r line; do :; done || :
    kill -QUIT "$server"
    wait "$server" || :
    rm -rf "$2"
"#;

struct Server {
    directory: PathBuf,
    /// Its input is open for as long as this program lives.
    _keeper: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// The URL of the database of this name; it need not exist. Starts the server if it does not run
/// yet.
pub(crate) fn url(database: &str) -> String {
    let server = SERVER.get_or_init(start);
    let socket = server.directory.to_str().expect("a temporary directory");
    format!("postgres://sales@{}/{database}", socket.replace('/', "%2F"))
}

/// The URL of a database that nobody has used.
pub(crate) fn new_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(programs().join("createdb"))
        .args(["--maintenance-db", &url("postgres"), &name])
        .status();
    assert!(made.expect("it starts").success(), "createdb {name}");
    url(&name)
}

fn start() -> Server {
    let directory = tempfile::Builder::new()
        .prefix("sales-pg-")
        .tempdir()
        .expect("a directory")
        .keep();
    let programs = programs();
    let mut keeper = as_somebody(&directory);
    let mut keeper = keeper
        .args(["-c", KEEPER, "keeper"])
        .args([&programs, &directory])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut said = BufReader::new(keeper.stdout.take().expect("piped")).lines();
    let first = said.next().expect("the server starts").expect("text");
    if first != "ready" {
        let rest: Vec<String> = said.map_while(Result::ok).collect();
        panic!("the server does not start: {first}\n{}", rest.join("\n"));
    }
    Server {
        directory,
        _keeper: keeper,
    }
}

/// A server refuses to run as root.
pub(crate) fn as_somebody(directory: &Path) -> Command {
    let owner = Command::new("id").arg("-u").output().expect("id");
    if owner.stdout != b"0\n" {
        return Command::new("sh");
    }
    let given = Command::new("chown")
        .arg("postgres")
        .arg(directory)
        .status();
    assert!(
        given.expect("chown").success(),
        "there is no user postgres to run the server as"
    );
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres"]);
    command.args(["--clear-groups", "sh"]);
    command
}

/// Where initdb, postgres and pg_isready are: behind the one in the path, or where Debian keeps the
/// newest version.
pub(crate) fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path)
        .filter_map(|directory| directory.join("initdb").canonicalize().ok())
        .filter_map(|program| program.parent().map(Path::to_owned))
        .collect();
    if found.is_empty() {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
        let directories = versions
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"));
        found = directories
            .filter(|bin| bin.join("initdb").exists())
            .collect();
        found.sort();
        found.reverse();
    }
    let first = found.into_iter().next();
    first.expect("a PostgreSQL server: initdb in the path or in /usr/lib/postgresql/*/bin")
}
