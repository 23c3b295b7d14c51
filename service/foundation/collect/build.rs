//! Notes at build time what the profiles depend on: compiler flags, and the platform.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    println!("cargo::rustc-check-cfg=cfg(frame_pointers)");
    println!("cargo::rustc-check-cfg=cfg(own_sampler)");
    println!("cargo::rustc-check-cfg=cfg(tokio_unstable)");
    if forces_frame_pointers(&var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default()) {
        println!("cargo::rustc-cfg=frame_pointers");
    }
    let os = var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let arch = var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    if os == "linux" && ["x86_64", "aarch64"].contains(&arch.as_str()) {
        println!("cargo::rustc-cfg=own_sampler");
    }
}

/// Whether the flags (separated by 0x1f, as `-C name=value` or `-Cname=value`) force frame pointers; the last says.
fn forces_frame_pointers(flags: &str) -> bool {
    let mut values = flags.split('\u{1f}').filter_map(|flag| {
        let flag = flag.strip_prefix("-C").unwrap_or(flag);
        flag.strip_prefix("force-frame-pointers")
    });
    values.next_back().is_some_and(|value| {
        ["", "=y", "=yes", "=on", "=true", "=always", "=non-leaf"].contains(&value)
    })
}
