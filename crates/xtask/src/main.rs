//! `cargo xtask`: the project's chores, in Rust, so that they run wherever Cargo does.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person at the terminal"
)]

mod assets; // files whose names follow their content
mod bench; // figures, kept out of the tests
mod checks; // every check, cheapest first
mod peers; // Latent and others, timed in turn
mod scale; // time against the number of ratings
mod page; // index.html as it is built
mod program; // a crate to wasm and its JavaScript
mod serve; // that folder, on this machine
mod setup; // what the tests need beside Rust
mod shell; // other programs
mod sizes; // what a visitor downloads
mod web; // the page, whole

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The chores of the Latent repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every check, cheapest first, and stop at the first that fails
    Test,
    /// Build the page and serve it on this machine
    Web(WebArgs),
    /// Install what the tests need beside Rust: the wasm target, software Vulkan, Chromium
    Setup,
    /// Measure something and print the figures
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[derive(clap::Args)]
struct WebArgs {
    /// Folder for the built page
    #[arg(long, value_name = "DIR", default_value_os_t = default_out())]
    out: PathBuf,
    /// Write the folder and stop there
    #[arg(long)]
    build_only: bool,
    /// Print the packed size of every file, and fail where they exceed their budget
    #[arg(long)]
    sizes: bool,
    /// Port on localhost; 0 takes any free one
    #[arg(long, default_value_t = 8080, conflicts_with = "build_only")]
    port: u16,
    /// Leave the browser closed
    #[arg(long, conflicts_with = "build_only")]
    no_open: bool,
}

/// Where the page goes, if nothing else is said: where Trunk wants it, when Trunk asks for it.
fn default_out() -> PathBuf {
    std::env::var_os("TRUNK_STAGING_DIR").map_or_else(|| "dist".into(), PathBuf::from)
}

fn main() -> ExitCode {
    match run(Args::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Test => checks::run(),
        Chore::Setup => setup::run(),
        Chore::Bench(bench) => bench::run(&bench),
        Chore::Web(args) => {
            web::build(&args.out, args.sizes)?;
            if args.build_only {
                println!("The page is in {}", args.out.display());
                return Ok(());
            }
            let server = serve::Server::bind(&args.out, args.port)?;
            println!("The page is at {} (Ctrl-C stops)", server.url());
            if !args.no_open {
                shell::open_in_browser(&server.url());
            }
            server.run()
        }
    }
}
