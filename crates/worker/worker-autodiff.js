// The worker with burn. `cargo xtask web` builds two programs and writes another file in this place;
// Trunk builds one that has burn, for both.
import "./worker.js";
