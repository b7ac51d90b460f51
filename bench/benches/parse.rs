//! Bytes to table, on one thread and on all.
//!
//!     LATENT_ML1M=ratings.dat cargo bench -p bench --profile dev
//!
//! Without `LATENT_ML1M` the text of the sample is parsed instead.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ratings::ReadOptions;
use ratings::sample::{SampleConfig, generate};

fn parse(criterion: &mut Criterion) {
    let (name, bytes) = match std::env::var("LATENT_ML1M") {
        Ok(path) => {
            ("MovieLens-1M", std::fs::read(path).expect("LATENT_ML1M names a ratings file"))
        }
        Err(_) => ("sample", generate(&SampleConfig::default()).ratings_dat()),
    };
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let mut counts = vec![1, std::thread::available_parallelism().map_or(1, usize::from)];
    counts.dedup();
    for threads in counts {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        let id = BenchmarkId::new(name, format!("{threads} threads"));
        group.bench_with_input(id, &bytes, |bencher, bytes| {
            let read = || ratings::read(name, bytes, &ReadOptions::default());
            bencher.iter(|| pool.install(read).expect("a good file").table.ratings.len());
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
