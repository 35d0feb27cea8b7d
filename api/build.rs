//! Builds again when the playground's bundle has changed: the bundle is part of the binary.

fn main() {
    println!("cargo::rerun-if-changed=../web/dist");
}
