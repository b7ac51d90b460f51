//! Jobs dealt out to the threads of a program that plays a GPU. It gives each thread a run of
//! workgroups that stand side by side, and a plan has the longest jobs first: the first thread would
//! work while the others wait.

use crate::{gpu::LANES, kernels::Job};

/// Jobs that stay together: whole workgroups, whatever the length of a row.
const SHARE: usize = LANES;

/// Rearranges the jobs of a section, the longest first, so that every run of workgroups has long ones
/// and short ones: every second share, then the others, and so on within each half. Those that are
/// empty stay behind; returns the jobs before them.
pub(super) fn deal(section: &mut [Job], room: &mut Vec<Job>) -> usize {
    let busy = section.partition_point(|job| job.steps > 0);
    let mut shares: Vec<usize> = (0..busy.div_ceil(SHARE)).collect();
    shares.sort_unstable_by_key(|share| share.reverse_bits());
    room.clear();
    for share in &shares {
        room.extend_from_slice(&section[share * SHARE..][..SHARE]);
    }
    section[..room.len()].copy_from_slice(room);
    room.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_get_long_jobs_and_no_job_is_lost() {
        let steps = [(20, 60), (200, 9), (50, 1), (242, 0)];
        let jobs =
            steps.map(|(count, steps)| vec![Job { steps, ..Job::default() }; count]).concat();
        let numbered = |(row, job)| Job { row, ..job };
        let sorted: Vec<Job> = (0..).zip(jobs).map(numbered).collect();
        let mut dealt = sorted.clone();
        let count = deal(&mut dealt, &mut Vec::new());
        assert_eq!(count, 320, "five shares of 64, of which 270 jobs");

        let work = |jobs: &[Job]| jobs.iter().map(|job| job.steps).sum::<u32>();
        let whole = work(&sorted);
        let (first, second) = dealt[..count].split_at(count / 2);
        assert!(work(first).abs_diff(work(second)) < whole / 3, "{}", work(first));
        for share in dealt.chunks(SHARE) {
            assert!(share.is_sorted_by_key(|job| std::cmp::Reverse(job.steps)));
        }
        dealt.sort_unstable_by_key(|job| job.row);
        assert_eq!(dealt, sorted);
    }
}
