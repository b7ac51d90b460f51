//! `cargo xtask test`: every check, cheapest first.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::shell;

/// One check: what it looks at, and the `cargo` command that does so and can be run alone.
struct Check {
    about: &'static str,
    command: &'static str,
}

/// The last one leaves `xtask` out, or Cargo would merge the features its dependencies ask for
/// into burn's and build burn a second time.
const CHECKS: [Check; 7] = [
    Check { about: "formatting", command: "fmt --all --check" },
    Check { about: "what the tests need", command: "xtask setup" },
    Check { about: "crates without a GPU", command: "test -p ratings -p chart -p xtask" },
    Check { about: "lints", command: "clippy --workspace --all-targets -- -D warnings" },
    Check {
        about: "lints, wasm32",
        command: "clippy -p web -p worker --target wasm32-unknown-unknown -- -D warnings",
    },
    Check { about: "the page", command: "xtask web --build-only --sizes" },
    Check { about: "all tests", command: "test --workspace --exclude xtask --exclude bench" },
];

/// Runs the checks in order.
///
/// # Errors
/// The first check that fails, with the command that repeats it.
pub(crate) fn run() -> Result<()> {
    let mut report = String::from("\n");
    for (index, Check { about, command }) in CHECKS.iter().enumerate() {
        let number = index + 1;
        if number == CHECKS.len() {
            // Said before the last check, so that the closing lines are the tests' own result.
            eprint!("{report}");
        }
        eprintln!("\n[{number}/{}] {about}: cargo {command}", CHECKS.len());
        let start = Instant::now();
        if let Err(error) = shell::run(&mut shell::cargo(command.split(' '))) {
            bail!(
                "{error}\ncheck {number} of {}, {about}. To repeat it: cargo {command}",
                CHECKS.len()
            );
        }
        let seconds = start.elapsed().as_secs_f64();
        report += &format!("  passed in {seconds:6.1} s  {about}\n");
    }
    Ok(())
}
