//! Notes how labs are built, so that a committed figure can say it.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let profile = std::env::var("PROFILE").unwrap_or_default();
    // Cargo tells debug or release; what this workspace calls its everyday profile is dev.
    let profile = if profile == "release" {
        "release"
    } else {
        "dev"
    };
    println!("cargo::rustc-env=LAB_KIT_PROFILE={profile}");
    println!("cargo::rustc-env=LAB_KIT_RUSTC={}", rustc());
}

fn rustc() -> String {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}
