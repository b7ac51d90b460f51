//! What a visitor downloads, packed by brotli as servers do, and how much it may be.

use std::io::Write;

use anyhow::{Result, ensure};
use brotli::CompressorWriter;

use crate::assets::{Asset, Assets};

/// The most that has to come before the page can be used, in bytes.
const PAGE: usize = 500_000;
/// The most that comes in all, in bytes.
const ALL: usize = 3_000_000;

/// Prints the packed size of every file.
///
/// # Errors
/// A sum above its budget.
pub(crate) fn check(assets: &Assets) -> Result<()> {
    let mut page = 0;
    let mut all = 0;
    for file in assets.files() {
        let size = packed(&file.bytes)?;
        all += size;
        if !is_background(file) {
            page += size;
        }
        println!("{:9} bytes, {:9} packed  {}", file.bytes.len(), size, file.name);
    }
    println!("The page: {page} bytes packed, at most {PAGE}. Everything: {all}, at most {ALL}.");
    ensure!(page <= PAGE, "the page needs {page} bytes, packed, and may need {PAGE}");
    ensure!(all <= ALL, "all files together need {all} bytes, packed, and may need {ALL}");
    Ok(())
}

/// Whether a file comes when the page is there already.
fn is_background(file: &Asset) -> bool {
    file.name.starts_with("worker") || file.name.starts_with("service-worker")
}

fn packed(bytes: &[u8]) -> Result<usize> {
    const QUALITY: u32 = 11;
    const WINDOW: u32 = 22; // 4 MiB, brotli's usual one
    let mut packer = CompressorWriter::new(Vec::new(), 1 << 16, QUALITY, WINDOW);
    packer.write_all(bytes)?;
    packer.flush()?;
    Ok(packer.into_inner().len())
}
