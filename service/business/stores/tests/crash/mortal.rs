//! A PostgreSQL server that is killed with all its processes, and started again.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use tempfile::TempDir;

use crate::server::{as_somebody, programs};

/// `$1` is where the server's programs are, `$2` the directory. It says `ready` when the server answers, and kills it at each
/// line of its input: first it is stopped, so that none of its processes is missed, then all of them are killed. A server
/// does not start while one of the last one's processes is still on its way out, so it is tried again. Its log of writes is
/// written when a commit asks for it and, as good as never, from time to time. Nothing is synced: the kernel lives on, and
/// a power cut is not what is tested here.
const KEEPER: &str = r#"
    set -eu
    trap : INT
    programs=$1 directory=$2
    cd "$directory"
    "$programs/initdb" -D data -U sales -A trust -E UTF8 --locale C --no-sync >log 2>&1 || { cat log; exit 1; }
    alive() { kill -0 "$server" 2>/dev/null; }
    serve() {
        tries=0
        until [ $tries -eq 100 ]; do
            "$programs/postgres" -D data -c listen_addresses= -c unix_socket_directories="$directory" \
                -c fsync=off -c wal_writer_delay=10s -c wal_writer_flush_after=0 >>log 2>&1 </dev/null &
            server=$!
            while alive; do
                "$programs/pg_isready" -q -h "$directory" && return
                sleep 0.02
            done
            tries=$((tries + 1))
            sleep 0.05
        done
        cat log
        exit 1
    }
    serve
    echo ready
    while read -r line; do
        kill -STOP "$server"
        kill -KILL "$server" $(cat "/proc/$server/task/$server/children")
        wait "$server" 2>/dev/null || :
        serve
        echo ready
    done
    kill -QUIT "$server"
    wait "$server" || :
    rm -rf "$directory"
"#;

/// A server of its own, which ends when this is dropped or the program ends.
pub(crate) struct Server {
    keeper: Child,
    orders: Option<ChildStdin>,
    said: Lines<BufReader<ChildStdout>>,
    directory: TempDir,
}

impl Server {
    pub(crate) fn start() -> Server {
        let directory = tempfile::Builder::new().prefix("sales-pg-").tempdir();
        let directory = directory.expect("a directory");
        let mut keeper = as_somebody(directory.path())
            .args(["-c", KEEPER, "keeper"])
            .args([&programs(), directory.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut server = Server {
            orders: keeper.stdin.take(),
            said: BufReader::new(keeper.stdout.take().expect("piped")).lines(),
            keeper,
            directory,
        };
        server.wait();
        server
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.directory.path().to_str().expect("text");
        format!("postgres://sales@{}/{database}", socket.replace('/', "%2F"))
    }

    /// Kills it; it is on its way back then.
    pub(crate) fn kill(&mut self) {
        let orders = self.orders.as_mut().expect("until it is dropped");
        orders.write_all(b"kill\n").expect("it reads");
    }

    /// Waits until it answers.
    pub(crate) fn wait(&mut self) {
        let first = self.said.next().expect("it starts").expect("text");
        if first != "ready" {
            let rest: Vec<String> = self.said.by_ref().map_while(Result::ok).collect();
            panic!("the server does not start: {first}\n{}", rest.join("\n"));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is the keeper's end.
        drop(self.orders.take());
        let _ended = self.keeper.wait();
    }
}
