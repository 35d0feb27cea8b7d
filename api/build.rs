//! Rebuilds when the playground's bundle has changed: it is part of the binary.

fn main() {
    println!("cargo::rerun-if-changed=../web/dist");
}
