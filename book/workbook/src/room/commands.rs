//! The commands of the workbook that concern a room.

use super::desk::{Desk, Room};
use super::member::Membership;
use super::view::Board;
use super::{Limits, board, door, now, report};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use lifecycle::Shutdown;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// What can be done with a room.
#[derive(Debug, Subcommand)]
pub enum Rooms {
    /// Open a room: learners join it with a code, and you see who is at which exercise
    #[command(
        after_help = "Example:\n  cargo workbook room --listen 192.168.1.20:3030\n\nIt is plain HTTP: the code keeps strangers out, but whoever can \
                      listen to the network can read what travels: names, exercises, times."
    )]
    Room(Open),
    /// The room's board in this terminal
    Board(Show),
    /// Join a room; it is told your name, and when you start and pass which exercise, and nothing else
    #[command(
        after_help = "Examples:\n  cargo workbook join 192.168.1.20:3030 K7M-4QX --name Ada\n  cargo workbook join    which room you are in"
    )]
    Join(Join),
    /// Leave the room; from then on it is told nothing
    Leave,
}

/// A room to open.
#[derive(Args, Debug)]
pub struct Open {
    /// Where learners join; this machine only, unless an address of the local network is named
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3030")]
    listen: SocketAddr,
    /// Where the board is, on this machine
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3031")]
    board: SocketAddr,
    /// Begin a new room with a new code; the last one's file is kept beside it
    #[arg(long)]
    new: bool,
}

/// How to show it.
#[derive(Args, Debug)]
pub struct Show {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Which room to join.
#[derive(Args, Debug)]
pub struct Join {
    /// The room's address, as the instructor's screen shows it
    #[arg(requires = "code")]
    address: Option<String>,
    /// The room's code
    code: Option<String>,
    /// What you are called there [default: your name on this machine]
    #[arg(long, value_name = "NAME", requires = "address")]
    name: Option<String>,
}

impl Rooms {
    /// Does it.
    pub async fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Rooms::Room(open) => open.run(workspace).await,
            Rooms::Board(show) => show.run(workspace),
            Rooms::Join(join) => join.run(workspace).await,
            Rooms::Leave => leave(workspace).await,
        }
    }
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.state().join("room/board.json")
}

impl Open {
    async fn run(self, workspace: &Workspace) -> Result<()> {
        if !self.board.ip().is_loopback() {
            bail!(
                "--board {}: the board is for this machine only; use 127.0.0.1",
                self.board
            );
        }
        let shutdown = Shutdown::new();
        lifecycle::signals(&shutdown)?;
        let learners = TcpListener::from_std(listen::bind(self.listen, "--listen")?)?;
        let instructor = TcpListener::from_std(listen::bind(self.board, "--board")?)?;
        let file = file(workspace);
        if self.new {
            put_away(&file)?;
        }
        let desk = Desk::open(&file, Limits::default(), now)?;
        say(&desk, learners.local_addr()?, instructor.local_addr()?);
        serve(learners, instructor, desk, &shutdown).await
    }
}

fn say(desk: &Desk, learners: SocketAddr, instructor: SocketAddr) {
    let room = desk.room();
    let (shown, code) = (reachable(learners), &room.code);
    println!("Learners join with: cargo workbook join {shown} {code}");
    println!("Your board:         {}", board::link(desk, instructor));
    if learners.ip().is_loopback() {
        let own = own_address().map_or_else(|| "ADDRESS".to_owned(), |ip| ip.to_string());
        println!(
            "Only this machine can join. To open the room to the local network: cargo workbook room --listen {own}:{}",
            learners.port()
        );
    }
    if !room.learners.0.is_empty() {
        let many = room.learners.0.len();
        println!("{many} are in it from before; a new room: --new");
    }
    println!("Ctrl-C ends it; started again, it goes on with the same code.");
}

/// Serves both listeners until `shutdown`.
pub async fn serve(
    learners: TcpListener,
    instructor: TcpListener,
    desk: Desk,
    shutdown: &Shutdown,
) -> Result<()> {
    let door = door::router(desk.clone(), learners.local_addr()?);
    let board = board::router(desk, instructor.local_addr()?);
    let limits = listen::Limits {
        max_connections: 1_000,
        max_per_client: 100,
        ..listen::Limits::default()
    };
    tokio::join!(
        listen::serve(learners, door, limits.clone(), shutdown.triggered()),
        listen::serve(instructor, board, limits, shutdown.triggered()),
    );
    Ok(())
}

/// Moves the last room's file to a name that nothing has.
fn put_away(file: &std::path::Path) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    let kept = (1..10_000)
        .map(|number| file.with_extension(format!("json.{number}")))
        .find(|kept| !kept.exists())
        .context("no free name for the last room")?;
    std::fs::rename(file, &kept).with_context(|| format!("cannot move {}", file.display()))?;
    println!("The last room's file is now {}", kept.display());
    Ok(())
}

/// The address to tell the room, where this listens on all of them.
fn reachable(listening: SocketAddr) -> SocketAddr {
    match own_address() {
        Some(own) if listening.ip().is_unspecified() => SocketAddr::new(own, listening.port()),
        _ => listening,
    }
}

/// This machine's address in the local network, if there is one: what it would send from. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Reserved for documentation (RFC 5737): any address but our own network's would do.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

impl Show {
    fn run(&self, workspace: &Workspace) -> Result<()> {
        let room = Room::read(&file(workspace))?
            .context("there is no room here; open one with: cargo workbook room")?;
        let board = Board::of(&room, now());
        if self.json {
            println!("{}", serde_json::to_string_pretty(&board)?);
        } else {
            print!("{}", board.table());
        }
        Ok(())
    }
}

impl Join {
    async fn run(self, workspace: &Workspace) -> Result<()> {
        let (Some(address), Some(code)) = (&self.address, &self.code) else {
            return say_where(workspace);
        };
        let room = tokio::net::lookup_host(address)
            .await
            .with_context(|| {
                format!("{address} is no address: it looks like 192.168.1.20:3030, as the instructor's screen shows it")
            })?
            .next()
            .with_context(|| format!("{address} has no address"))?;
        let name = match self.name {
            Some(name) => name,
            None => ["USER", "LOGNAME"]
                .into_iter()
                .find_map(|variable| std::env::var(variable).ok())
                .context("say what you are called: --name NAME")?,
        };
        report::join(workspace, room, code, &name).await?;
        println!(
            "You are in the room at {room} as {name}. It is told when you start and pass which exercise, and nothing else.\n\
             To leave it: cargo workbook leave"
        );
        Ok(())
    }
}

fn say_where(workspace: &Workspace) -> Result<()> {
    let membership = Membership::of(workspace);
    let Some(member) = membership.read()? else {
        println!("You are in no room. To join one: cargo workbook join ADDRESS CODE --name NAME");
        return Ok(());
    };
    println!("You are in the room at {} as {}.", member.room, member.name);
    if member.refused {
        println!(
            "It does not know you any more: join again with the code on the instructor's screen."
        );
    } else if member.failed > 0 {
        println!(
            "It has not answered {} times in a row; what you do is told when it does.",
            member.failed
        );
    }
    Ok(())
}

async fn leave(workspace: &Workspace) -> Result<()> {
    match report::leave(workspace).await? {
        Some(member) => println!(
            "You have left the room at {}; it is told nothing more.",
            member.room
        ),
        None => println!("You are in no room."),
    }
    Ok(())
}
