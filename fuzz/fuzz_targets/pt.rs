//! Any bytes as a state dict, in PyTorch's forms or as safetensors.

#![no_main]

#[path = "../../crates/native/src/pytorch.rs"]
mod pytorch;

use libfuzzer_sys::fuzz_target;
use trainer::Weights;

fuzz_target!(|bytes: &[u8]| {
    let read = if pytorch::is_checkpoint(bytes) {
        pytorch::Checkpoint::from_bytes(bytes).ok().map(|dict| Weights::from_state_dict(&dict))
    } else {
        trainer::safetensors_dict(bytes).ok().map(|dict| Weights::from_state_dict(&dict))
    };
    if let Some(Ok((weights, config))) = read {
        assert_eq!(weights.get("user_factors").expect("a table").shape[1], config.factors);
    }
});
