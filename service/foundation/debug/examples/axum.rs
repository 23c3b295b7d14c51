//! An axum program that one can look inside of: `inspect` is all that it takes.
//!
//! ```text
//! cargo run -p debug --example axum
//! curl http://127.0.0.1:8080/                                          a few times
//! cutaway 4200                                                         or http://127.0.0.1:4200/debug/ in a browser
//! go tool pprof -top http://127.0.0.1:4200/debug/pprof/profile?seconds=5
//! ```

use axum::Router;
use axum::routing::get;

/// Heap profiles need jemalloc; everything else works without.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variables = expvar::Registry::new();
    let _insides = inspect(&variables)?;

    let greetings = variables.counter("greetings")?;
    let greet = get(async move || {
        greetings.inc();
        "Hello!\n"
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let app = Router::new().route("/", greet);
    Ok(axum::serve(listener, app).await?)
}

/// Everything under `/debug/` on port 4200 of this machine, for as long as what this returns is kept.
fn inspect(variables: &expvar::Registry) -> Result<debug::Running, Box<dyn std::error::Error>> {
    debug::Sampling::default().start()?;
    let runtime = tokio::runtime::Handle::current();
    let standard = debug::Standard::new(debug::build!()).runtime(runtime);
    debug::publish_standard(variables, standard)?;
    let listener = listen::bind("127.0.0.1:4200".parse()?, "the example's debug address")?;
    let config = debug::Config::new(variables.clone());
    Ok(debug::start(listener, config, std::future::pending())?)
}
