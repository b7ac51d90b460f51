//! What the exit code tells a script. The table in `--help` is made from this list.

use ratings::{Problem, ReadError, SplitError};
use trainer::{ConfigError, DeviceError, ModelFileError, NoKernels, Part, TooLarge, TrainError};

use crate::pairs::BadPair;
use crate::rated::BadRatings;
use crate::run_files::BadRun;
use crate::text::{rounded, short};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// Something failed that the other codes do not name.
    Failure = 1,
    /// The command line or the configuration file asks for something that makes no sense.
    Usage = 2,
    /// The data cannot be understood.
    Data = 3,
    /// A GPU was demanded and cannot be had.
    NoGpu = 4,
    /// The loss left the range of numbers.
    Diverged = 5,
    /// Ctrl-C.
    Interrupted = 130,
}

/// A command line or configuration file that asks for something that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// An error as the user sees it: what went wrong with all its causes, then what to do about it.
/// `command` is the one that failed, such as `train`.
pub(crate) fn message(error: &anyhow::Error, command: &str) -> String {
    let hint = hint(error, command).map_or(String::new(), |hint| format!("\nhint: {hint}"));
    format!("error: {error:#}{hint}")
}

/// The flag that helps: libraries know what is wrong, only the command line knows its flags.
fn hint(error: &anyhow::Error, command: &str) -> Option<String> {
    if error.is::<Usage>() || error.is::<ConfigError>() {
        return Some(format!("see native {command} --help"));
    }
    if let Some(why) = error.downcast_ref() {
        return Some(match why {
            NoKernels::Sizes => "--device cpu takes any size".into(),
            NoKernels::Optimizer => "--engine fused, or --optimizer adam".into(),
            NoKernels::Absent => "--engine fused".into(),
            NoKernels::Model => "--device cpu, without --engine".into(),
            NoKernels::Neural => "--engine auto".into(),
        });
    }
    if error.is::<DeviceError>() {
        return Some("--device cpu trains on the CPU; native devices lists what is there".into());
    }
    if let Some(ReadError { problem, .. }) = error.downcast_ref() {
        return match problem {
            Problem::Line(_) => {
                Some("--skip-bad-lines leaves such lines out, and says how many".into())
            }
            Problem::TitlesNotRatings => Some("titles go with --titles FILE".into()),
            _ => None,
        };
    }
    match error.downcast_ref()? {
        TrainError::Diverged { largest_rating, .. } if *largest_rating > HUGE_RATING => {
            Some("divide the ratings until they are near 1; no flag helps".into())
        }
        // With tiny steps it is not their size that makes the very first epoch fail.
        TrainError::Diverged { epoch, learning_rate, .. }
            if *epoch >= 2 || *learning_rate > TINY_RATE =>
        {
            Some(format!("--lr {}", short(rounded(learning_rate / 10.0))))
        }
        TrainError::TooLarge(TooLarge { fitting: Some(factors), batch: Some(batch), .. }) => {
            Some(format!("--factors {factors}, or --batch-size {batch}"))
        }
        TrainError::TooLarge(TooLarge { fitting: Some(factors), .. }) => {
            Some(format!("--factors {factors}"))
        }
        TrainError::TooLarge(TooLarge { batch: Some(batch), .. }) => {
            Some(format!("--batch-size {batch}"))
        }
        TrainError::TooLarge(TooLarge { what: Part::Binding, .. }) => Some("--device cpu".into()),
        _ => None,
    }
}

/// Squared errors of ratings above this come near the end of f32.
const HUGE_RATING: f32 = 1e15;
/// A tenth of the lab's learning rate.
const TINY_RATE: f64 = 1e-4;

impl Exit {
    const ALL: [(Exit, &str); 7] = [
        (Exit::Done, "done"),
        (Exit::Failure, "failure: a file cannot be read or written, the device failed"),
        (Exit::Usage, "usage: a flag, a setting or the configuration file is wrong"),
        (Exit::Data, "bad data: the file was read, but is not what it should be or has bad lines"),
        (Exit::NoGpu, "no GPU, though --device gpu demanded one"),
        (Exit::Diverged, "diverged: the loss became infinite or not a number"),
        (Exit::Interrupted, "interrupted by Ctrl-C; what was trained is saved"),
    ];

    /// The exit code of an error, by the first cause in its chain that has one.
    pub(crate) fn of(error: &anyhow::Error) -> Exit {
        if error.is::<Usage>() || error.is::<ConfigError>() || error.is::<NoKernels>() {
            Exit::Usage
        } else if let Some(split) = error.downcast_ref::<SplitError>() {
            match split {
                SplitError::BadShare { .. }
                | SplitError::BadValidation { .. }
                | SplitError::BadFolds { .. } => Exit::Usage,
                SplitError::NoTrain { .. }
                | SplitError::NoTrainBesideValidation { .. }
                | SplitError::NoRatings
                | SplitError::NoTimes => Exit::Data,
            }
        } else if error.is::<ReadError>()
            || error.is::<ModelFileError>()
            || error.is::<BadPair>()
            || error.is::<BadRatings>()
            || error.is::<BadRun>()
        {
            Exit::Data
        } else if error.is::<DeviceError>() {
            Exit::NoGpu
        } else {
            error.downcast_ref::<TrainError>().map_or(Exit::Failure, |error| match error {
                TrainError::Config(_) | TrainError::NoKernels(_) | TrainError::TooLarge(_) => {
                    Exit::Usage
                }
                TrainError::NoRatings | TrainError::OtherSplit { .. } => Exit::Data,
                TrainError::Diverged { .. } => Exit::Diverged,
                TrainError::Weights | TrainError::Device(_) => Exit::Failure,
            })
        }
    }

    /// The table of codes at the end of the help.
    pub(crate) fn help() -> String {
        let lines = Exit::ALL.map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit as u8));
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use trainer::{Part, TooLarge, TrainError};

    use super::hint;

    #[test]
    fn a_run_without_room_hints_at_what_fits() {
        for (what, fitting, batch, expected) in [
            (Part::Memory, Some(5), None, Some("--factors 5")),
            (Part::Memory, Some(5), Some(256), Some("--factors 5, or --batch-size 256")),
            (Part::Memory, None, Some(256), Some("--batch-size 256")),
            (Part::Binding, None, Some(256), Some("--batch-size 256")),
            (Part::Binding, None, None, Some("--device cpu")),
            (Part::Memory, None, None, None),
        ] {
            let error = TrainError::TooLarge(TooLarge {
                what,
                bytes: 2 << 20,
                limit: 1 << 20,
                users: 3,
                items: 4,
                factors: 6,
                fitting,
                batch,
                draws: None,
            });
            let hint = hint(&error.into(), "train");
            assert_eq!(hint.as_deref(), expected, "{what:?}, {fitting:?}, {batch:?}");
        }
    }

    #[test]
    fn a_divergence_hints_at_its_cause() {
        for (epoch, learning_rate, largest_rating, expected) in [
            (1, 0.07, 5.0, Some("--lr 0.007")),
            (1, 1e30, 5.0, Some("--lr 1e29")),
            (3, 1e-5, 5.0, Some("--lr 1e-6")),
            (1, 1e-5, 5.0, None),
            (3, 0.01, 1e20, Some("divide the ratings until they are near 1; no flag helps")),
        ] {
            let error = TrainError::Diverged { epoch, kept: 0, learning_rate, largest_rating };
            assert_eq!(hint(&error.into(), "train").as_deref(), expected, "{learning_rate}");
        }
    }
}
