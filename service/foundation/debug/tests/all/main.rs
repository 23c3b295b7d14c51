//! The debug endpoints, asked over HTTP.

mod access;
mod client;
mod cpu;
mod endpoints;
mod flame;
mod go;
mod page;
mod profiles;
mod stream;
mod timeline;

use debug::{Config, Running};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn bind(addr: &str) -> std::net::TcpListener {
    listen::bind(addr.parse().expect("an address"), "--debug").expect("a free port")
}

fn serve(config: Config) -> Running {
    debug::start(bind("127.0.0.1:0"), config, std::future::pending()).expect("it starts")
}
