//! Why the CPU trains and not a GPU, in words for the person at the browser.

use trainer::{EngineKind, ModelKind};

/// What a browser tells about WebGPU.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Whether the page came over https or from this machine.
    pub(crate) is_secure: bool,
    /// Whether there is a `navigator.gpu`.
    pub(crate) has_api: bool,
    /// `navigator.userAgent`.
    pub(crate) agent: String,
}

/// How many times longer an epoch of MF takes on one thread of WebAssembly than in the desktop program
/// on two cores: on the built-in million ratings 0.33 s and 0.11 s on the same machine.
const TIMES_SLOWER: u32 = 3;

/// A model that the kernels on a GPU cannot hold.
pub(crate) const TOO_LARGE: &str = "the model is too large for the kernels on the GPU";

/// An adapter on which burn would stop the program.
pub(crate) const NO_TIMESTAMPS: &str =
    "the GPU gives no timestamp queries here, which the autodiff engine needs";

impl Found {
    /// Why there is no GPU; asked when none was found.
    pub(crate) fn why_not(&self) -> String {
        let Self { is_secure, has_api, agent } = self;
        let why = match (is_secure, has_api) {
            (false, _) => {
                "not a secure context; browsers have it on https and localhost only".to_owned()
            }
            (true, false) => hint(agent).to_owned(),
            (true, true) => "the browser has it, but no adapter for it; its settings, or a driver \
                             that it does not trust, may be why"
                .to_owned(),
        };
        format!("no WebGPU: {why}")
    }

    /// The same, and what follows.
    pub(crate) fn why_the_cpu(&self) -> String {
        format!("{}. Training on the CPU", self.why_not())
    }
}

/// What the CPU of a browser costs, where it was measured: only of MF with the fused engine.
pub(crate) fn cost(model: ModelKind, engine: EngineKind) -> Option<String> {
    (model == ModelKind::Mf && engine == EngineKind::Fused).then(|| {
        format!(", about {TIMES_SLOWER} times slower than the desktop program on two cores")
    })
}

/// What to know about this browser.
fn hint(agent: &str) -> &'static str {
    if agent.contains("Firefox/") && agent.contains("Linux") {
        "Firefox on Linux has none yet; Chrome has it there"
    } else if agent.contains("Firefox/") {
        "this Firefox has none; it comes with version 141 on Windows and 145 on Macs"
    } else if agent.contains("Chrome/") {
        "this browser does not offer it (navigator.gpu is missing); Chrome has it from version 113 \
         on, on Linux from 144"
    } else if agent.contains("Safari/") {
        "this Safari has none; it comes with version 26"
    } else {
        "this browser does not offer it (navigator.gpu is missing)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reason in a browser whose name is this.
    fn reason(is_secure: bool, has_api: bool, agent: &str) -> String {
        Found { is_secure, has_api, agent: agent.into() }.why_not()
    }

    #[test]
    fn a_browser_without_webgpu_is_told_what_would_help() {
        let of = |agent: &str| reason(true, false, agent);
        let linux = "Mozilla/5.0 (X11; Linux x86_64; rv:160.0) Gecko/20100101 Firefox/160.0";
        assert!(of(linux).starts_with("no WebGPU: Firefox on Linux has none yet"));
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Firefox/140.0";
        assert!(of(mac).contains("145 on Macs"));
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
        assert!(of(chrome).contains("navigator.gpu is missing") && of(chrome).contains("144"));
        let safari = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15";
        assert!(of(safari).contains("version 26"));
        assert!(of("another").ends_with("(navigator.gpu is missing)"));
    }

    #[test]
    fn a_page_that_is_not_secure_and_a_missing_adapter_are_told_apart() {
        // Browsers take `navigator.gpu` away where the page is not secure: that is the reason.
        assert!(reason(false, false, "Chrome/157").contains("https and localhost only"));
        assert!(reason(true, true, "Chrome/157").contains("no adapter"));
    }

    #[test]
    fn the_cpu_says_what_it_costs_where_that_was_measured() {
        let found = Found { is_secure: true, has_api: false, agent: "Firefox/160.0 Linux".into() };
        assert!(found.why_the_cpu().ends_with(". Training on the CPU"));
        let measured = cost(ModelKind::Mf, EngineKind::Fused).expect("it was measured");
        assert_eq!(measured, ", about 3 times slower than the desktop program on two cores");
        for model in ModelKind::ALL {
            assert_eq!(cost(model, EngineKind::Autodiff), None);
            assert_eq!(cost(model, EngineKind::Fused).is_some(), model == ModelKind::Mf);
        }
    }
}
