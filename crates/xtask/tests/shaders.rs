//! Every shader without a GPU: valid within WebGPU's default limits, and writable for every
//! graphics API. It is the only evidence for Metal and DX12 on a machine without them.

use std::{fs, path::Path};

use naga::{
    AddressSpace, Module, ShaderStage, StorageAccess,
    back::{hlsl, msl, pipeline_constants::process_overrides, spv},
    proc::Layouter,
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
};

/// WebGPU's default limits.
const STORAGE_BUFFERS: usize = 8;
const UNIFORM_BUFFERS: usize = 12;
const UNIFORM_BYTES: u32 = 1 << 16;
const WORKGROUP_BYTES: u32 = 1 << 14;
const INVOCATIONS: u32 = 256;

/// The smallest, the lab's and the largest sizes that the program gives `deep_mf.wgsl`: factors, widths,
/// ratings at once, inputs of a block, parts.
const SIZES: [[usize; 6]; 6] = [
    [1, 1, 1, 64, 1, 4],
    [10, 10, 5, 64, 4, 3],
    [10, 10, 5, 32, 2, 2],
    [10, 10, 5, 16, 1, 1],
    [33, 17, 64, 64, 4, 1],
    [128, 64, 64, 64, 4, 1],
];

/// The name and text of every shader, in each of the sizes it is compiled for.
fn shaders() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    let mut shaders = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of shaders") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "wgsl") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("text");
        if name == "deep_mf" {
            let (first, body) = text.split_once('\n').expect("lines");
            assert!(first.starts_with("const FACTORS = 10u;"), "{first}");
            for sizes in SIZES {
                let [factors, width_1, width_2, most, inputs, parts] = sizes;
                let constants = format!(
                    "const FACTORS = {factors}u; const WIDTH_1 = {width_1}u; \
                     const WIDTH_2 = {width_2}u; const MOST = {most}u; \
                     const BLOCK_INPUTS = {inputs}u; const PARTS = {parts}u;"
                );
                shaders.push((format!("{name} {sizes:?}"), format!("{constants}\n{body}")));
            }
        }
        shaders.push((name, text));
    }
    assert!(shaders.len() >= 6 + SIZES.len(), "only {} shaders were found", shaders.len());
    shaders
}

/// Loops that end for another reason than that they count upwards by a constant to a bound.
const OTHER_LOOPS: [&str; 5] = [
    "for (var tile = group; tile * TILE < turn.samples; tile += groups) {", // of deep_mf: by one at least
    "while at < end {", // of schedule: on by one at least
    "while end < count && keys[first + end].x == row {", // of schedule: on by one
    "while low < high {", // of sort: what is between is halved
    "for (var span = LANES / 2u; span > 0u; span /= 2u) {", // of squares
];

/// Whether this is the head of a loop whose counter begins somewhere, has a bound and grows by one, a
/// number or a constant of the shader.
fn counts_upwards(head: &str) -> bool {
    let parts: Vec<&str> = head.trim_start_matches("for (").split("; ").collect();
    let [begin, end, next, ..] = parts[..] else { return false };
    let counter = end.split(' ').next().unwrap_or_default();
    let bounded = end[counter.len()..].contains(" < ") || end[counter.len()..].contains(" <= ");
    let by = next.strip_prefix(&format!("{counter} += ")).and_then(|by| by.chars().next());
    let grows = next.starts_with(&format!("{counter}++"))
        || by.is_some_and(|first| first.is_ascii_uppercase() || ('1'..='9').contains(&first));
    (begin.is_empty() || begin.starts_with(&format!("var {counter} = "))) && bounded && grows
}

/// wgpu is told to trust that they do.
#[test]
fn every_loop_ends_whatever_the_buffers_hold() {
    let mut met = [false; OTHER_LOOPS.len()];
    for (name, text) in shaders() {
        let lines = text.lines().map(str::trim);
        let heads = lines.filter(|line| {
            ["for", "while", "loop"]
                .contains(&line.split([' ', '(', '{']).next().unwrap_or_default())
        });
        for head in heads {
            match OTHER_LOOPS.iter().position(|other| head.starts_with(other)) {
                Some(other) => met[other] = true,
                None => assert!(counts_upwards(head), "{name}: {head}"),
            }
        }
    }
    assert_eq!(met, [true; OTHER_LOOPS.len()], "those that are gone should go from the list");
    for endless in [
        "loop {",
        "while x {",
        "for (;;) {",
        "for (var i = 0u; i < n; i -= 1u) {",
        "for (var i = 0u; i < n; i += 0u) {",
        "for (var i = 0u; i < n; i += stride) {",
    ] {
        assert!(!counts_upwards(endless), "{endless}");
    }
}

/// Without subgroups, float atomics or any other extension.
fn validated(name: &str, text: &str) -> (Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    (module, info)
}

#[test]
fn shaders_keep_within_webgpus_default_limits() {
    for (name, text) in shaders() {
        let (module, info) = validated(&name, &text);
        let mut layouter = Layouter::default();
        layouter.update(module.to_ctx()).expect("sizes of types");
        for (index, entry) in module.entry_points.iter().enumerate() {
            let name = format!("{name}, {}", entry.name);
            assert!(entry.workgroup_size.iter().product::<u32>() <= INVOCATIONS, "{name}");
            let uses = info.get_entry_point(index);
            let (mut storage, mut uniform, mut workgroup) = (0, 0, 0);
            for (handle, variable) in module.global_variables.iter() {
                if uses[handle].is_empty() {
                    continue;
                }
                let bytes = layouter[variable.ty].size;
                match variable.space {
                    AddressSpace::Storage { access } => {
                        assert!(access.contains(StorageAccess::LOAD), "{name}");
                        storage += 1;
                    }
                    AddressSpace::Uniform => {
                        assert!(bytes <= UNIFORM_BYTES, "{name}: a uniform of {bytes} bytes");
                        uniform += 1;
                    }
                    AddressSpace::WorkGroup => workgroup += bytes,
                    _ => {}
                }
            }
            assert!(storage <= STORAGE_BUFFERS, "{name}: {storage} storage buffers");
            assert!((1..=UNIFORM_BUFFERS).contains(&uniform), "{name}: {uniform} uniforms");
            assert!(workgroup <= WORKGROUP_BYTES, "{name}: {workgroup} bytes a workgroup");
        }
    }
}

#[test]
fn shaders_can_be_written_for_vulkan_metal_and_dx12() {
    for (name, text) in shaders() {
        let (module, info) = validated(&name, &text);
        for entry in &module.entry_points {
            let point = (ShaderStage::Compute, entry.name.as_str());
            let constants = naga::back::PipelineConstants::default();
            let (module, info) = process_overrides(&module, &info, Some(point), &constants)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let vulkan = spv::PipelineOptions {
                entry_point: entry.name.clone(),
                shader_stage: ShaderStage::Compute,
            };
            let words = spv::write_vec(&module, &info, &spv::Options::default(), Some(&vulkan));
            assert!(!words.unwrap_or_else(|error| panic!("{name}: {error}")).is_empty());

            let (metal, options) = (msl::PipelineOptions::default(), msl::Options::default());
            let (text, _) = msl::write_string(&module, &info, &options, &metal)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.contains("kernel void"), "{name}");

            let (dx12, options) = (hlsl::PipelineOptions::default(), hlsl::Options::default());
            let mut text = String::new();
            hlsl::Writer::new(&mut text, &options, &dx12)
                .write(&module, &info, None)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.contains("numthreads"), "{name}");
        }
    }
}
